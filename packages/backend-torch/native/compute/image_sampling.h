// Images [B, H, W, C] read at other places: crops, rotations, projective transforms.
#pragma once

#include "types.h"

namespace interfuse {

/// Crops float32 [n, height, width, C]: `boxes` [n, 4] are corners (y, x, y, x) in units of the image's size, `images`
/// says from which image each is taken. Outside the image is `fill`.
Tensor crop_and_resize(const Tensor& x, const Tensor& boxes, const Tensor& images, int64_t height, int64_t width,
                       bool bilinear, double fill);

/// Rotated by `radians` around (center_x, center_y), nearest pixels; `fill` has one value per channel.
Tensor rotate(const Tensor& x, double radians, const std::vector<double>& fill, double center_x, double center_y);

/// Output (x, y) is read at ((a x + b y + c) / k, (d x + e y + f) / k) with k = g x + h y + 1 and `transforms`
/// [B or 1, 8] = a..h. `mode` says what is outside: constant (`fill`), reflect, wrap or nearest.
Tensor transform(const Tensor& x, const Tensor& transforms, int64_t height, int64_t width, bool bilinear,
                 const std::string& mode, double fill);

}  // namespace interfuse
