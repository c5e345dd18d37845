#include "convolution_3d.h"

#include <ATen/ATen.h>

#include "convolution_geometry.h"

namespace interfuse {

namespace {

constexpr int64_t kAxes = 3;

/// `Convolution3dShape` by name. Padding may differ at the two ends of an axis, so it is added to the input before.
struct Geometry3d {
  explicit Geometry3d(const Convolution3dShape& shape)
      : strides(shape.begin(), shape.begin() + kAxes),
        padding(shape.begin() + kAxes, shape.begin() + 3 * kAxes),
        dilations(shape.begin() + 3 * kAxes, shape.end()) {}

  /// The padding in ATen's order, the last axis first.
  Ints aten_padding() const { return {padding[4], padding[5], padding[2], padding[3], padding[0], padding[1]}; }

  int64_t padded_size(int64_t axis, int64_t size) const { return size + padding[2 * axis] + padding[2 * axis + 1]; }

  Ints strides, padding, dilations;
};

Tensor channels_first_3d(const Tensor& x) { return x.permute({0, 4, 1, 2, 3}).contiguous(); }
Tensor channels_last_3d(const Tensor& x) { return x.permute({0, 2, 3, 4, 1}).contiguous(); }
Tensor aten_weight_3d(const Tensor& weight) { return weight.permute({4, 3, 0, 1, 2}).contiguous(); }

Tensor padded(const Tensor& x, const Geometry3d& geometry) {
  return at::constant_pad_nd(channels_first_3d(x), geometry.aten_padding(), 0);
}

const Ints kNone(kAxes, 0);

bool has_none(at::IntArrayRef sizes) {
  return std::any_of(sizes.begin(), sizes.end(), [](int64_t size) { return size <= 0; });
}

/// The sizes [B, OD, OH, OW, O] of the convolution of images [B, D, H, W, C].
Ints result_sizes(const Tensor& x, const Tensor& weight, const Geometry3d& geometry) {
  Ints sizes{x.size(0)};
  for (int64_t axis = 0; axis < kAxes; ++axis) {
    const int64_t size = geometry.padded_size(axis, x.size(axis + 1));
    sizes.push_back(num_windows(size, weight.size(axis), geometry.strides[axis], geometry.dilations[axis]));
  }
  sizes.push_back(weight.size(4));
  return sizes;
}

}  // namespace

Tensor convolution_3d(const Tensor& x, const Tensor& weight, const Convolution3dShape& shape) {
  Geometry3d geometry(shape);
  const Ints sizes = result_sizes(x, weight, geometry);
  // ATen refuses these.
  if (has_none(sizes) || x.numel() == 0 || weight.numel() == 0) return at::zeros(sizes, x.options());
  Tensor images = padded(x, geometry);
  if (has_one_strided_column(sizes[3], geometry.strides[1], geometry.strides[2])) {
    geometry.strides[2] = 1;
    images = images.narrow(4, 0, covered(1, weight.size(2), 1, geometry.dilations[2]));
  }
  const Tensor y = at::convolution(images, aten_weight_3d(weight), c10::nullopt, geometry.strides, kNone,
                                   geometry.dilations, false, kNone, 1);
  return channels_last_3d(y);
}

Tensor convolution_3d_grad_input(const Tensor& dy, const Tensor& weight, const Ints& input_shape,
                                 const Convolution3dShape& shape) {
  if (dy.numel() == 0 || weight.numel() == 0 || has_none(input_shape)) return at::zeros(input_shape, dy.options());
  const Geometry3d geometry(shape);
  Ints sizes{input_shape[0], input_shape[4]};
  for (int64_t axis = 0; axis < kAxes; ++axis) sizes.push_back(geometry.padded_size(axis, input_shape[axis + 1]));
  const auto gradients =
      at::convolution_backward(channels_first_3d(dy), at::empty(sizes, dy.options()), aten_weight_3d(weight), c10::nullopt,
                               geometry.strides, kNone, geometry.dilations, false, kNone, 1, {true, false, false});
  // Padding is negative where strides are longer than the kernel.
  Ints removed = geometry.aten_padding();
  for (int64_t& size : removed) size = -size;
  return channels_last_3d(at::constant_pad_nd(std::get<0>(gradients), removed, 0));
}

Tensor convolution_3d_grad_weight(const Tensor& dy, const Tensor& x, const Ints& weight_shape,
                                  const Convolution3dShape& shape) {
  if (dy.numel() == 0 || x.numel() == 0 || has_none(weight_shape)) return at::zeros(weight_shape, dy.options());
  const Geometry3d geometry(shape);
  const Tensor weight =
      at::empty({weight_shape[4], weight_shape[3], weight_shape[0], weight_shape[1], weight_shape[2]}, dy.options());
  const auto gradients =
      at::convolution_backward(channels_first_3d(dy), padded(x, geometry), weight, c10::nullopt, geometry.strides, kNone,
                               geometry.dilations, false, kNone, 1, {false, true, false});
  return std::get<1>(gradients).permute({2, 3, 4, 1, 0}).contiguous();
}

}  // namespace interfuse
