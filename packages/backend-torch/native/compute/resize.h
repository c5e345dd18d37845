// Resizing images [B, H, W, C], with TensorFlow.js's two coordinate rules.
#pragma once

#include "types.h"

namespace interfuse {

/// Where one output coordinate reads: two input coordinates and the weight of the second.
struct Tap {
  int64_t low;
  int64_t high;
  float weight;
};

/// The taps of one side of an image that is resized from `input` to `output` pixels.
std::vector<Tap> bilinear_taps(int64_t input, int64_t output, bool align_corners, bool half_pixel_centers);
std::vector<Tap> nearest_taps(int64_t input, int64_t output, bool align_corners, bool half_pixel_centers);

Tensor resize_bilinear(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers);
Tensor resize_bilinear_grad(const Tensor& dy, const Ints& input_shape, bool align_corners);
Tensor resize_nearest(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers);
Tensor resize_nearest_grad(const Tensor& dy, const Ints& input_shape, bool align_corners);

}  // namespace interfuse
