#include "pooling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "element_type.h"
#include "new_tensor.h"
#include "parallel.h"

namespace interfuse {

namespace {

constexpr int kAxes = 3;

/// Where an output is: image, depth, row, column.
struct Place {
  int64_t image;
  int64_t at[kAxes];
};

struct Window {
  Window(const PoolingShape& shape, at::IntArrayRef input)
      : rank(input.size()), batch(input[0]), channels(input.back()) {
    TORCH_CHECK(shape.size() == 5 * kAxes, "expected ", 5 * kAxes, " numbers of a pooling, got ", shape.size());
    const auto* number = shape.data();
    for (int64_t* field : {kernel, stride, dilation, before, out}) {
      std::copy_n(number, kAxes, field);
      number += kAxes;
    }
    in[0] = rank == 5 ? input[1] : 1;
    in[1] = input[rank - 3];
    in[2] = input[rank - 2];
  }

  /// Calls `visit(offset of the input pixel)` for each pixel of the window at `place`, in memory order.
  template <typename Visit>
  void for_each_pixel(const Place& place, Visit visit) const {
    for (int64_t i = 0; i < kernel[0]; ++i) {
      const int64_t z = coordinate(place, 0, i);
      if (z < 0 || z >= in[0]) continue;
      for (int64_t j = 0; j < kernel[1]; ++j) {
        const int64_t y = coordinate(place, 1, j);
        if (y < 0 || y >= in[1]) continue;
        for (int64_t k = 0; k < kernel[2]; ++k) {
          const int64_t x = coordinate(place, 2, k);
          if (x >= 0 && x < in[2]) visit((((place.image * in[0] + z) * in[1] + y) * in[2] + x) * channels);
        }
      }
    }
  }

  int64_t coordinate(const Place& place, int axis, int64_t tap) const {
    return place.at[axis] * stride[axis] - before[axis] + tap * dilation[axis];
  }

  int64_t out_offset(const Place& place) const {
    return (((place.image * out[0] + place.at[0]) * out[1] + place.at[1]) * out[2] + place.at[2]) * channels;
  }

  Ints output_sizes() const {
    return rank == 5 ? Ints{batch, out[0], out[1], out[2], channels} : Ints{batch, out[1], out[2], channels};
  }

  int64_t size() const { return kernel[0] * kernel[1] * kernel[2]; }

  size_t rank;
  int64_t batch, channels;
  int64_t kernel[kAxes], stride[kAxes], dilation[kAxes], before[kAxes], out[kAxes], in[kAxes];
};

constexpr int64_t kRowGrain = 4;

/// Calls `pool(place)` for every output pixel, output rows in parallel.
template <typename Pool>
void for_each_output(const Window& window, Pool pool) {
  const int64_t* out = window.out;
  parallel_for(window.batch * out[0] * out[1], kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      for (int64_t column = 0; column < out[2]; ++column) {
        pool(Place{index / (out[0] * out[1]), {index / out[1] % out[0], index % out[1], column}});
      }
    }
  });
}

/// The same with images in parallel: windows of one image may overlap where gradients are added.
template <typename Pool>
void for_each_output_of_image(const Window& window, Pool pool) {
  const int64_t* out = window.out;
  parallel_for(window.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) {
      for (int64_t depth = 0; depth < out[0]; ++depth) {
        for (int64_t row = 0; row < out[1]; ++row) {
          for (int64_t column = 0; column < out[2]; ++column) pool(Place{image, {depth, row, column}});
        }
      }
    }
  });
}

constexpr int64_t kChannelBlock = 64;

/// Calls `visit(channel, offset of its first or last maximum in the window)` for every channel; -1 when there is none.
/// Channels are the inner loop, many at a time: they lie side by side.
template <typename Visit>
void for_each_maximum(const Window& window, const Place& place, const float* values, bool take_last, Visit visit) {
  for (int64_t first = 0; first < window.channels; first += kChannelBlock) {
    const int64_t count = std::min(kChannelBlock, window.channels - first);
    float largest[kChannelBlock];
    int64_t best[kChannelBlock];
    std::fill_n(largest, count, -std::numeric_limits<float>::infinity());
    std::fill_n(best, count, int64_t{-1});
    window.for_each_pixel(place, [&](int64_t offset) {
      const float* pixel = values + offset + first;
      for (int64_t c = 0; c < count; ++c) {
        const bool is_better = pixel[c] > largest[c] || (take_last && pixel[c] == largest[c]);
        largest[c] = is_better ? pixel[c] : largest[c];
        best[c] = is_better ? offset : best[c];
      }
    });
    for (int64_t c = 0; c < count; ++c) visit(first + c, best[c] < 0 ? best[c] : best[c] + first + c);
  }
}

}  // namespace

Tensor average_pool(const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  const Tensor input = float_values(x);
  const Tensor y = zero_tensor(window.output_sizes(), input.scalar_type());
  const auto* from = input.data_ptr<float>();
  auto* to = y.data_ptr<float>();
  for_each_output(window, [&](const Place& place) {
    float* out = to + window.out_offset(place);
    int64_t count = 0;
    window.for_each_pixel(place, [&](int64_t offset) {
      ++count;
      for (int64_t c = 0; c < window.channels; ++c) out[c] += from[offset + c];
    });
    const float factor = 1.0f / static_cast<float>(std::max<int64_t>(1, count));
    for (int64_t c = 0; c < window.channels; ++c) out[c] *= factor;
  });
  return y;
}

Tensor average_pool_grad(const Tensor& dy, const Ints& input_shape, const PoolingShape& shape, bool count_padding) {
  const Window window(shape, input_shape);
  const Tensor gradient = dy.contiguous();
  const Tensor dx = zero_tensor(input_shape, dy.scalar_type());
  const auto* from = gradient.data_ptr<float>();
  auto* to = dx.data_ptr<float>();
  for_each_output_of_image(window, [&](const Place& place) {
    const float* in = from + window.out_offset(place);
    int64_t count = 0;
    window.for_each_pixel(place, [&](int64_t) { ++count; });
    const float share = 1.0f / static_cast<float>(count_padding ? window.size() : std::max<int64_t>(1, count));
    window.for_each_pixel(place, [&](int64_t offset) {
      for (int64_t c = 0; c < window.channels; ++c) to[offset + c] += in[c] * share;
    });
  });
  return dx;
}

Tensor max_pool(const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  const Tensor input = x.contiguous();
  const Tensor y = empty_tensor(window.output_sizes(), input.scalar_type());
  with_element_type(input, [&](auto type) {
    using T = decltype(type);
    using Limits = std::numeric_limits<T>;
    const T lowest = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    const auto* from = input.data_ptr<T>();
    auto* to = y.data_ptr<T>();
    for_each_output(window, [&](const Place& place) {
      T* out = to + window.out_offset(place);
      std::fill_n(out, window.channels, lowest);
      window.for_each_pixel(place, [&](int64_t offset) {
        for (int64_t c = 0; c < window.channels; ++c) {
          out[c] = from[offset + c] > out[c] ? from[offset + c] : out[c];
        }
      });
    });
  });
  return y;
}

Tensor max_pool_grad(const Tensor& dy, const Tensor& x, const PoolingShape& shape) {
  const Window window(shape, x.sizes());
  const Tensor gradient = dy.contiguous();
  const Tensor input = float_values(x);
  const Tensor dx = zero_tensor(x.sizes(), dy.scalar_type());
  const auto* values = input.data_ptr<float>();
  const auto* from = gradient.data_ptr<float>();
  auto* to = dx.data_ptr<float>();
  const bool take_last = window.rank == 5;
  for_each_output_of_image(window, [&](const Place& place) {
    const float* in = from + window.out_offset(place);
    for_each_maximum(window, place, values, take_last, [&](int64_t channel, int64_t best) {
      if (best >= 0) to[best] += in[channel];
    });
  });
  return dx;
}

std::vector<Tensor> max_pool_with_argmax(const Tensor& x, const PoolingShape& shape, bool count_batch) {
  const Window window(shape, x.sizes());
  const Tensor input = float_values(x);
  const Tensor positions = empty_tensor(window.output_sizes(), at::kInt);
  const auto* values = input.data_ptr<float>();
  auto* position = positions.data_ptr<int32_t>();
  const int64_t image_size = window.in[1] * window.in[2] * window.channels;
  for_each_output(window, [&](const Place& place) {
    int32_t* out = position + window.out_offset(place);
    for_each_maximum(window, place, values, false, [&](int64_t channel, int64_t best) {
      out[channel] = static_cast<int32_t>(best < 0 || count_batch ? best : best - place.image * image_size);
    });
  });
  return {max_pool(x, shape), positions};
}

}  // namespace interfuse
