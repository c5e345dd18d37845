// Average and maximum pooling by plain loops on [B, H, W, C] or [B, D, H, W, C]; padding counts in neither.
#pragma once

#include "types.h"

namespace interfuse {

/// Five numbers per spatial axis (depth, height, width; depth is 1 in two dimensions), axis by axis within each:
/// window (3), strides (3), dilations (3), padding before (3), output sizes (3).
using PoolingShape = Ints;

/// The output has the rank of x; averages are float32, maxima of x's type.
Tensor average_pool(const Tensor& x, const PoolingShape& shape);
/// Every pixel of a window gets the same share. With `count_padding` it is one over the window's size even where padding
/// takes part of it: not the gradient of `average_pool`, but what TensorFlow.js gives for explicit padding.
Tensor average_pool_grad(const Tensor& dy, const Ints& input_shape, const PoolingShape& shape, bool count_padding);
/// A NaN never is the maximum.
Tensor max_pool(const Tensor& x, const PoolingShape& shape);
/// The whole gradient goes to the first maximum of each window in two dimensions, to the last in three.
Tensor max_pool_grad(const Tensor& dy, const Tensor& x, const PoolingShape& shape);
/// `max_pool` of [B, H, W, C], and the int32 position of each maximum in the flattened x: in its image, or in the batch
/// when `count_batch`.
std::vector<Tensor> max_pool_with_argmax(const Tensor& x, const PoolingShape& shape, bool count_batch);

}  // namespace interfuse
