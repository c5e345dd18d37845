// Three-dimensional convolution on [B, D, H, W, C] with weights [kd, kh, kw, C, O], through ATen's own layouts.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// Numbers of a convolution: strides (3), padding before and after by axis (6), dilations (3).
using Convolution3dShape = Ints;

Tensor convolution_3d(const Tensor& x, const Tensor& weight, const Convolution3dShape& shape);
Tensor convolution_3d_grad_input(const Tensor& dy, const Tensor& weight, const Ints& input_shape,
                                 const Convolution3dShape& shape);
Tensor convolution_3d_grad_weight(const Tensor& dy, const Tensor& x, const Ints& weight_shape,
                                  const Convolution3dShape& shape);

}  // namespace interfuse
