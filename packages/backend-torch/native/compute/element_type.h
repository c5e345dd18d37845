// The element types that TensorFlow.js has apart from complex64, for kernels that are plain loops.
#pragma once

#include <c10/util/Exception.h>

#include "types.h"

namespace interfuse {

/// Calls `body(T{})` with T float, int32_t or bool, the element type of `tensor`.
template <typename Body>
void with_element_type(const Tensor& tensor, Body body) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return body(float{});
    case at::kInt:
      return body(int32_t{});
    case at::kBool:
      return body(bool{});
    default:
      TORCH_CHECK(false, "expected float32, int32 or bool, got ", c10::toString(tensor.scalar_type()));
  }
}

/// The values as float32 without gaps in memory. @throws c10::Error for complex64, whose imaginary part would be lost
inline Tensor float_values(const Tensor& tensor) {
  TORCH_CHECK(!tensor.is_complex(), "expected float32, int32 or bool, got complex64");
  return tensor.to(at::kFloat).contiguous();
}

}  // namespace interfuse
