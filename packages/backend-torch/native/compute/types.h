// What computing functions take and return besides ATen's own types. Nothing here knows of Node.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace interfuse {

using at::Tensor;

/// A list of sizes, axes or other integers, as it came from the caller.
using Ints = std::vector<int64_t>;

/// A borrowed array of 32-bit integers (key ranges, row indices); valid during one call.
struct Int32Span {
  const int32_t* data = nullptr;
  int64_t size = 0;
};

/// Storage type that fused kernels give their activations; the logical type stays float32.
enum class Precision { kFloat32, kBfloat16 };

class Panels;

/// What one slot of the handle table holds: the data, and what matrix products made of it, to be used again while it stays
/// the same. Whoever changes `tensor` in place asks for that first (`ownership.h`).
struct Slot {
  Tensor tensor;
  /// A bfloat16 copy, made on first use.
  Tensor bfloat16;
  /// The same as the right operand of a product (`packed_weight`), kept once it is wanted a second time.
  std::shared_ptr<const Panels> panels;
  bool was_packed = false;
};

/// An argument whose storage type is kept as it is (float32 or bfloat16), with its slot for the cached copy.
struct Stored {
  Slot* slot = nullptr;
  const Tensor& tensor() const { return slot->tensor; }
  bool present() const { return slot != nullptr; }
};

inline bool is_bfloat16(const Tensor& tensor) { return tensor.scalar_type() == at::kBFloat16; }

/// The tensor as float32 when it is stored as bfloat16, else unchanged.
inline Tensor widened(const Tensor& tensor) { return is_bfloat16(tensor) ? tensor.to(at::kFloat) : tensor; }

/// [.., N] as rows [L, N], also where N is zero.
Tensor flattened(const Tensor& tensor);

/// @throws c10::Error unless the tensor's logical type is float32.
void require_float(const Tensor& tensor);
inline void require_float(const Stored& stored) { require_float(stored.tensor()); }
template <typename T>
void require_float(const std::vector<T>& tensors) {
  for (const T& tensor : tensors) require_float(tensor);
}

/// The same for each of several.
template <typename... T>
void require_floats(const T&... tensors) {
  (require_float(tensors), ...);
}

/// @throws c10::Error unless the tensor's type is int32.
void require_int(const Tensor& tensor);

/// The tensor in the storage type of `precision`; makes and caches the bfloat16 copy of a float32 slot.
/// @throws c10::Error for other types
Tensor in_precision(const Stored& stored, Precision precision);

/// ATen type of activations in `precision`.
inline at::ScalarType activation_type(Precision precision) {
  return precision == Precision::kBfloat16 ? at::kBFloat16 : at::kFloat;
}

}  // namespace interfuse
