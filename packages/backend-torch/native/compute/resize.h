// Resizing images [B, H, W, C], with TensorFlow.js's two coordinate rules.
#pragma once

#include "types.h"

namespace interfuse {

Tensor resize_bilinear(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers);
Tensor resize_bilinear_grad(const Tensor& dy, const Ints& input_shape, bool align_corners);
Tensor resize_nearest(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers);
Tensor resize_nearest_grad(const Tensor& dy, const Ints& input_shape, bool align_corners);

}  // namespace interfuse
