// Pooling through ATen's: the input is padded, or cut, to just what the windows cover, so that any padding of TensorFlow.js
// becomes none of ATen's.
#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "../compute/pooling.h"
#include "../device/device.h"
#include "forms.h"

namespace interfuse::aten {

namespace {

constexpr double kLowest = -std::numeric_limits<double>::infinity();

/// `PoolingShape` for the spatial axes that x has: two or three.
struct Window {
  Window(const PoolingShape& shape, at::IntArrayRef input) : axes(static_cast<int64_t>(input.size()) - 2) {
    const auto numbers = [&](int64_t field) {
      return Ints(shape.begin() + 3 * field + 3 - axes, shape.begin() + 3 * (field + 1));
    };
    kernel = numbers(0);
    stride = numbers(1);
    dilation = numbers(2);
    const Ints before = numbers(3);
    out = numbers(4);
    for (int64_t axis = axes - 1; axis >= 0; --axis) {
      const int64_t covered = (out[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
      padding.insert(padding.end(), {before[axis], covered - before[axis] - input[axis + 1]});
    }
    for (int64_t axis = 0; axis < axes; ++axis) {
      Ints inside(out[axis], 0);
      for (int64_t place = 0; place < out[axis]; ++place) {
        for (int64_t tap = 0; tap < kernel[axis]; ++tap) {
          const int64_t at = place * stride[axis] - before[axis] + tap * dilation[axis];
          inside[place] += at >= 0 && at < input[axis + 1];
        }
      }
      counts.push_back(std::move(inside));
    }
  }

  bool is_empty() const { return *std::min_element(out.begin(), out.end()) == 0; }
  Ints output_sizes(at::IntArrayRef input) const {
    Ints sizes{input.front()};
    sizes.insert(sizes.end(), out.begin(), out.end());
    sizes.push_back(input.back());
    return sizes;
  }
  bool is_flat() const { return axes == 2; }
  Ints no_padding() const { return Ints(axes, 0); }
  Ints cropping() const {
    Ints result = padding;
    for (int64_t& size : result) size = -size;
    return result;
  }
  int64_t size() const {
    int64_t product = 1;
    for (const int64_t extent : kernel) product *= extent;
    return product;
  }

  /// How many pixels of the image each window sees, at least 1: [out.., 1] in float32.
  Tensor pixels_seen(at::Device device) const {
    Tensor product;
    for (int64_t axis = 0; axis < axes; ++axis) {
      Ints sizes(axes + 1, 1);
      sizes[axis] = out[axis];
      const Tensor along = upload(counts[axis], device).to(at::kFloat).reshape(sizes);
      product = product.defined() ? product * along : along;
    }
    return product.clamp_min(1);
  }

  int64_t axes;
  Ints kernel, stride, dilation, out;
  Ints padding;              // in ATen's order, the last axis first
  std::vector<Ints> counts;  // per axis, for each place of the window: its taps that lie in the image
};

/// [B, .., C] seen as ATen wants images, the channels second, and back.
Tensor channels_second(const Tensor& x) { return x.movedim(-1, 1); }
Tensor channels_last(const Tensor& x) { return x.movedim(1, -1).contiguous(); }

/// x as float32, or the float64 that it is, with what lies outside filled in; NaN becomes `fill` if it is what maxima ignore.
Tensor covered(const Tensor& x, const Window& window, double fill) {
  Tensor values = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
  if (fill == kLowest) values = values.masked_fill(at::isnan(values), fill);
  return at::constant_pad_nd(channels_second(values), window.padding, fill);
}

Tensor flipped(const Tensor& x) { return at::flip(x, {2, 3, 4}); }

std::tuple<Tensor, Tensor> maxima(const Tensor& x, const Window& window) {
  const auto pool = window.is_flat() ? at::max_pool2d_with_indices : at::max_pool3d_with_indices;
  return pool(x, window.kernel, window.stride, window.no_padding(), window.dilation, /*ceil_mode=*/false);
}

void check_dilation(const Window& window) {
  TORCH_CHECK(std::all_of(window.dilation.begin(), window.dilation.end(), [](int64_t step) { return step == 1; }),
              "averages over windows with gaps are not made on this device");
}

}  // namespace

Tensor max_pool(const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  if (window.is_empty()) return at::empty(window.output_sizes(x.sizes()), x.options());
  // Float32 does not hold every integer.
  const Tensor values = at::isIntegralType(x.scalar_type(), /*includeBool=*/true) ? x.to(at::kDouble) : x;
  return channels_last(std::get<0>(maxima(covered(values, window, kLowest), window))).to(x.scalar_type());
}

Tensor max_pool_grad(const Tensor& dy, const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  if (window.is_empty()) return at::zeros(x.sizes(), dy.options());
  Tensor input = covered(x, window, kLowest);
  Tensor gradient = channels_second(dy);
  // ATen's gradient goes to the first maximum; seen from the other end that is the last one.
  if (!window.is_flat()) input = flipped(input), gradient = flipped(gradient);
  const Tensor indices = std::get<1>(maxima(input, window));
  const auto backward =
      window.is_flat() ? at::max_pool2d_with_indices_backward : at::max_pool3d_with_indices_backward;
  Tensor dx = backward(gradient.contiguous(), input.contiguous(), window.kernel, window.stride, window.no_padding(), window.dilation,
                       /*ceil_mode=*/false, indices.contiguous());
  if (!window.is_flat()) dx = flipped(dx);
  return channels_last(at::constant_pad_nd(dx, window.cropping(), 0));
}

Tensor average_pool(const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  check_dilation(window);
  if (window.is_empty()) return at::empty(window.output_sizes(x.sizes()), x.options().dtype(at::kFloat));
  const auto pool = window.is_flat() ? at::avg_pool2d : at::avg_pool3d;
  const Tensor sums = pool(covered(x, window, 0), window.kernel, window.stride, window.no_padding(),
                           /*ceil_mode=*/false, /*count_include_pad=*/true, /*divisor_override=*/1);
  return channels_last(sums).div_(window.pixels_seen(x.device()));
}

Tensor average_pool_grad(const Tensor& dy, const Ints& input_shape, const PoolingShape& shape, bool count_padding) {
  const Window window(shape, input_shape);
  check_dilation(window);
  if (window.is_empty()) return at::zeros(input_shape, dy.options());
  const Tensor share = count_padding ? dy / window.size() : dy / window.pixels_seen(dy.device());
  // Only the sizes of the input matter to ATen.
  const Tensor input = covered(at::zeros(input_shape, dy.options()), window, 0);
  const auto backward = window.is_flat() ? at::avg_pool2d_backward : at::avg_pool3d_backward;
  const Tensor dx = backward(channels_second(share).contiguous(), input.contiguous(), window.kernel, window.stride,
                             window.no_padding(), /*ceil_mode=*/false, /*count_include_pad=*/true,
                             /*divisor_override=*/1);
  return channels_last(at::constant_pad_nd(dx, window.cropping(), 0));
}

}  // namespace interfuse::aten
