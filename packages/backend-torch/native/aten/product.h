// Matrix products on a device other than the processor; the same as the functions of compute/product.h, which call them.
#pragma once

#include "../operations/product.h"

namespace interfuse::aten {

Tensor linear_product(const Tensor& x, const Tensor& weight, const Addends& addends, at::ScalarType type);
Tensor column_product(const Tensor& x, const Tensor& right, const Addends& addends);
Tensor transposed_product(const Tensor& a, const Tensor& b);

}  // namespace interfuse::aten
