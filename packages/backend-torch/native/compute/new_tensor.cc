#include "new_tensor.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace interfuse {

Tensor empty_tensor(at::IntArrayRef shape, at::ScalarType type) { return at::empty(shape, type); }

Tensor zero_tensor(at::IntArrayRef shape, at::ScalarType type) { return at::zeros(shape, type); }

Tensor zero_padded(const Tensor& x, at::IntArrayRef padding) { return at::constant_pad_nd(x, padding, 0); }

}  // namespace interfuse
