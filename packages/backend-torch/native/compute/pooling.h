// Average and maximum pooling on [B, H, W, C] by plain loops; padding counts in neither.
#pragma once

#include "types.h"

namespace interfuse {

/// Window height and width, strides (2), dilations (2), padding top and left (2), output height and width (2).
using PoolingShape = Ints;

Tensor average_pool(const Tensor& x, const PoolingShape& shape);
Tensor average_pool_grad(const Tensor& dy, const Ints& input_shape, const PoolingShape& shape);
Tensor max_pool(const Tensor& x, const PoolingShape& shape);
/// The whole gradient goes to the first maximum of each window.
Tensor max_pool_grad(const Tensor& dy, const Tensor& x, const PoolingShape& shape);

}  // namespace interfuse
