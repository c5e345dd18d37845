// Runs a kernel template for the storage types its operands happen to have.
#pragma once

#include <c10/util/Exception.h>

#include "types.h"
#include "vector.h"

namespace interfuse {

/// ATen's name of a type that kernels read and write.
template <typename T>
constexpr at::ScalarType kScalarType = at::ScalarType::Undefined;
template <>
inline constexpr at::ScalarType kScalarType<float> = at::kFloat;
template <>
inline constexpr at::ScalarType kScalarType<Bfloat16> = at::kBFloat16;
template <>
inline constexpr at::ScalarType kScalarType<int32_t> = at::kInt;

/// Typed pointer to a tensor's memory. @throws c10::Error when the tensor holds another type.
template <typename T>
T* data_of(const Tensor& tensor) {
  TORCH_CHECK(tensor.scalar_type() == kScalarType<T>, "expected ", c10::toString(kScalarType<T>), " values, got ",
              c10::toString(tensor.scalar_type()));
  return static_cast<T*>(tensor.data_ptr());
}

/// Calls `body(T{})` with T the storage type of `tensor`.
template <typename Body>
void with_storage(const Tensor& tensor, Body body) {
  if (is_bfloat16(tensor)) {
    body(Bfloat16{});
  } else {
    require_float(tensor);
    body(float{});
  }
}

/// Calls `body(A{}, B{})` with the storage types of two tensors.
template <typename Body>
void with_storage(const Tensor& a, const Tensor& b, Body body) {
  with_storage(a, [&](auto first) { with_storage(b, [&](auto second) { body(first, second); }); });
}

/// Rows of the last axis over at most two strided outer axes, as a slice of a packed projection has them.
struct Rows {
  int64_t outer = 1, inner = 1;                // number of rows along the outer axes
  int64_t outer_stride = 0, inner_stride = 0;  // in elements
  int64_t size = 0;                            // length of a row

  int64_t count() const { return outer * inner; }
  int64_t offset(int64_t row) const { return row / inner * outer_stride + row % inner * inner_stride; }
};

/// `tensor`, or a contiguous copy where its rows cannot be described by `Rows`; `rows` describes what is returned.
Tensor as_rows(const Tensor& tensor, Rows& rows);

}  // namespace interfuse
