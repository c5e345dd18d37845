#include "pooling.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

#include "parallel.h"

namespace interfuse {

namespace {

struct Window {
  explicit Window(const PoolingShape& shape, at::IntArrayRef input)
      : kernel_height(shape[0]),
        kernel_width(shape[1]),
        stride_height(shape[2]),
        stride_width(shape[3]),
        dilation_height(shape[4]),
        dilation_width(shape[5]),
        top(shape[6]),
        left(shape[7]),
        out_height(shape[8]),
        out_width(shape[9]),
        batch(input[0]),
        height(input[1]),
        width(input[2]),
        channels(input[3]) {}

  /// Calls `visit(offset of the input pixel)` for each pixel of the window at (row, column).
  template <typename Visit>
  void for_each_pixel(int64_t image, int64_t row, int64_t column, Visit visit) const {
    for (int64_t i = 0; i < kernel_height; ++i) {
      const int64_t y = row * stride_height - top + i * dilation_height;
      if (y < 0 || y >= height) continue;
      for (int64_t j = 0; j < kernel_width; ++j) {
        const int64_t x = column * stride_width - left + j * dilation_width;
        if (x >= 0 && x < width) visit(((image * height + y) * width + x) * channels);
      }
    }
  }

  int64_t out_offset(int64_t image, int64_t row, int64_t column) const {
    return ((image * out_height + row) * out_width + column) * channels;
  }

  Ints output_sizes() const { return {batch, out_height, out_width, channels}; }

  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width, top, left;
  int64_t out_height, out_width, batch, height, width, channels;
};

constexpr int64_t kRowGrain = 4;

/// Calls `pool(image, row, column)` for every output pixel, output rows in parallel.
template <typename Pool>
void for_each_output(const Window& window, Pool pool) {
  parallel_for(window.batch * window.out_height, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      for (int64_t column = 0; column < window.out_width; ++column) {
        pool(index / window.out_height, index % window.out_height, column);
      }
    }
  });
}

/// The same with images in parallel: windows of one image may overlap where gradients are added.
template <typename Pool>
void for_each_output_of_image(const Window& window, Pool pool) {
  parallel_for(window.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) {
      for (int64_t row = 0; row < window.out_height; ++row) {
        for (int64_t column = 0; column < window.out_width; ++column) pool(image, row, column);
      }
    }
  });
}

}  // namespace

Tensor average_pool(const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  const Tensor input = x.contiguous();
  const Tensor y = at::zeros(window.output_sizes(), x.options());
  const auto* from = input.data_ptr<float>();
  auto* to = y.data_ptr<float>();
  for_each_output(window, [&](int64_t image, int64_t row, int64_t column) {
    float* out = to + window.out_offset(image, row, column);
    int64_t count = 0;
    window.for_each_pixel(image, row, column, [&](int64_t offset) {
      ++count;
      for (int64_t c = 0; c < window.channels; ++c) out[c] += from[offset + c];
    });
    const float factor = 1.0f / static_cast<float>(std::max<int64_t>(1, count));
    for (int64_t c = 0; c < window.channels; ++c) out[c] *= factor;
  });
  return y;
}

Tensor average_pool_grad(const Tensor& dy, const Ints& input_shape, const PoolingShape& shape) {
  const Window window(shape, input_shape);
  const Tensor gradient = dy.contiguous();
  const Tensor dx = at::zeros(input_shape, dy.options());
  const auto* from = gradient.data_ptr<float>();
  auto* to = dx.data_ptr<float>();
  for_each_output_of_image(window, [&](int64_t image, int64_t row, int64_t column) {
    const float* in = from + window.out_offset(image, row, column);
    int64_t count = 0;
    window.for_each_pixel(image, row, column, [&](int64_t) { ++count; });
    const float factor = 1.0f / static_cast<float>(std::max<int64_t>(1, count));
    window.for_each_pixel(image, row, column, [&](int64_t offset) {
      for (int64_t c = 0; c < window.channels; ++c) to[offset + c] += in[c] * factor;
    });
  });
  return dx;
}

Tensor max_pool(const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  const Tensor input = x.contiguous();
  const Tensor y = at::empty(window.output_sizes(), x.options());
  const auto* from = input.data_ptr<float>();
  auto* to = y.data_ptr<float>();
  for_each_output(window, [&](int64_t image, int64_t row, int64_t column) {
    float* out = to + window.out_offset(image, row, column);
    std::fill_n(out, window.channels, -std::numeric_limits<float>::infinity());
    window.for_each_pixel(image, row, column, [&](int64_t offset) {
      for (int64_t c = 0; c < window.channels; ++c) out[c] = from[offset + c] > out[c] ? from[offset + c] : out[c];
    });
  });
  return y;
}

Tensor max_pool_grad(const Tensor& dy, const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  const Tensor gradient = dy.contiguous();
  const Tensor input = x.contiguous();
  const Tensor dx = at::zeros(x.sizes(), dy.options());
  const auto* values = input.data_ptr<float>();
  const auto* from = gradient.data_ptr<float>();
  auto* to = dx.data_ptr<float>();
  for_each_output_of_image(window, [&](int64_t image, int64_t row, int64_t column) {
    const float* in = from + window.out_offset(image, row, column);
    for (int64_t c = 0; c < window.channels; ++c) {
      int64_t best = -1;
      window.for_each_pixel(image, row, column, [&](int64_t offset) {
        if (best < 0 || values[offset + c] > values[best]) best = offset + c;
      });
      if (best >= 0) to[best] += in[c];
    }
  });
  return dx;
}

}  // namespace interfuse
