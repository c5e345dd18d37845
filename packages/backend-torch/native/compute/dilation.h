// Morphological dilation of images [B, H, W, C] by a filter [kh, kw, C]: the maximum of x + filter over each window.
#pragma once

#include "types.h"

namespace interfuse {

/// Strides (2), dilations (2), padding top and left (2), output height and width (2).
using DilationShape = Ints;

Tensor dilation(const Tensor& x, const Tensor& filter, const DilationShape& shape);
/// The whole gradient goes to the first maximum of each window.
Tensor dilation_grad_input(const Tensor& x, const Tensor& filter, const Tensor& dy, const DilationShape& shape);
Tensor dilation_grad_filter(const Tensor& x, const Tensor& filter, const Tensor& dy, const DilationShape& shape);

}  // namespace interfuse
