#include "../compute/resize.h"

#include <ATen/ATen.h>

#include "../device/device.h"
#include "forms.h"

namespace interfuse::aten {

namespace {

/// One side's coordinates as tensors: what the output reads, and the weight of the second pixel.
struct Side {
  Side(const std::vector<Tap>& taps, int64_t axis, at::Device device) : axis(axis) {
    Ints lows, highs;
    std::vector<int32_t> bits;
    for (const Tap& tap : taps) {
      lows.push_back(tap.low);
      highs.push_back(tap.high);
      bits.push_back(0);
      std::memcpy(&bits.back(), &tap.weight, sizeof tap.weight);
    }
    low = upload(lows, device);
    high = upload(highs, device);
    Ints sizes(4, 1);
    sizes[axis] = static_cast<int64_t>(taps.size());
    weight = upload(bits, device).view(at::kFloat).reshape(sizes);
  }

  Tensor interpolate(const Tensor& x) const {
    const Tensor first = at::index_select(x, axis, low);
    return at::addcmul(first, at::index_select(x, axis, high) - first, weight);
  }

  /// The transpose of `interpolate`: a product with the weights as a matrix [size, taps].
  Tensor spread(const Tensor& dy, int64_t size) const {
    const Tensor pixel = at::arange(size, low.options()).unsqueeze(1);
    const Tensor share = weight.reshape({1, -1});
    const Tensor matrix = (low == pixel) * (1 - share) + (high == pixel) * share;
    return at::tensordot(matrix, dy, {1}, {axis}).movedim(0, axis);
  }

  int64_t axis;
  Tensor low, high, weight;
};

Tensor spread(const Tensor& dy, const Ints& input_shape, const std::vector<Tap>& rows,
              const std::vector<Tap>& columns) {
  const Tensor across = Side(columns, 2, dy.device()).spread(dy, input_shape[2]);
  return Side(rows, 1, dy.device()).spread(across, input_shape[1]).contiguous();
}

}  // namespace

Tensor resize_bilinear(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers) {
  const Side rows(bilinear_taps(x.size(1), height, align_corners, half_pixel_centers), 1, x.device());
  const Side columns(bilinear_taps(x.size(2), width, align_corners, half_pixel_centers), 2, x.device());
  return rows.interpolate(columns.interpolate(x.to(at::kFloat)));
}

Tensor resize_bilinear_grad(const Tensor& dy, const Ints& input_shape, bool align_corners) {
  return spread(dy, input_shape, bilinear_taps(input_shape[1], dy.size(1), align_corners, false),
                bilinear_taps(input_shape[2], dy.size(2), align_corners, false));
}

Tensor resize_nearest(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers) {
  const Side rows(nearest_taps(x.size(1), height, align_corners, half_pixel_centers), 1, x.device());
  const Side columns(nearest_taps(x.size(2), width, align_corners, half_pixel_centers), 2, x.device());
  return at::index_select(at::index_select(x, 1, rows.low), 2, columns.low);
}

Tensor resize_nearest_grad(const Tensor& dy, const Ints& input_shape, bool align_corners) {
  return spread(dy, input_shape, nearest_taps(input_shape[1], dy.size(1), align_corners, false),
                nearest_taps(input_shape[2], dy.size(2), align_corners, false));
}

}  // namespace interfuse::aten
