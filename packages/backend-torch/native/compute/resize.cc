#include "resize.h"

#include <algorithm>
#include <cmath>

#include "element_type.h"
#include "new_tensor.h"
#include "parallel.h"

namespace interfuse {

namespace {

float scale_of(int64_t input, int64_t output, bool align_corners) {
  TORCH_CHECK(input > 0 || output == 0, "an image without pixels cannot be resized");
  const int64_t shrink = align_corners && output > 1 ? 1 : 0;
  return static_cast<float>(input - shrink) / static_cast<float>(output - shrink);
}

}  // namespace

std::vector<Tap> bilinear_taps(int64_t input, int64_t output, bool align_corners, bool half_pixel_centers) {
  const float scale = scale_of(input, output, align_corners);
  std::vector<Tap> taps(output);
  for (int64_t i = 0; i < output; ++i) {
    const float raw =
        half_pixel_centers ? scale * (static_cast<float>(i) + 0.5f) - 0.5f : scale * static_cast<float>(i);
    const float position = std::max(0.0f, raw);
    const auto low = std::min(static_cast<int64_t>(position), input - 1);
    const auto high = std::min(static_cast<int64_t>(std::ceil(raw)), input - 1);
    taps[i] = {low, std::max<int64_t>(high, 0), position - std::floor(position)};
  }
  return taps;
}

std::vector<Tap> nearest_taps(int64_t input, int64_t output, bool align_corners, bool half_pixel_centers) {
  const float scale = scale_of(input, output, align_corners);
  std::vector<Tap> taps(output);
  for (int64_t i = 0; i < output; ++i) {
    const float position = half_pixel_centers ? scale * (static_cast<float>(i) + 0.5f) : scale * static_cast<float>(i);
    const float chosen = align_corners ? std::round(position) : std::floor(position);
    const auto index = std::clamp(static_cast<int64_t>(chosen), int64_t{0}, input - 1);
    taps[i] = {index, index, 0.0f};
  }
  return taps;
}

namespace {

/// The nearest pixels, of any type: float32 does not hold every integer.
Tensor picked(const Tensor& x, const std::vector<Tap>& rows, const std::vector<Tap>& columns) {
  const int64_t batch = x.size(0), height = x.size(1), width = x.size(2), channels = x.size(3);
  const auto out_height = static_cast<int64_t>(rows.size());
  const auto out_width = static_cast<int64_t>(columns.size());
  const Tensor input = x.contiguous();
  const Tensor y = empty_tensor({batch, out_height, out_width, channels}, input.scalar_type());
  with_element_type(input, [&](auto type) {
    using T = decltype(type);
    const auto* from = input.data_ptr<T>();
    auto* out = y.data_ptr<T>();
    for (int64_t image = 0; image < batch; ++image) {
      for (const Tap& row : rows) {
        const T* line = from + (image * height + row.low) * width * channels;
        for (const Tap& column : columns) out = std::copy_n(line + column.low * channels, channels, out);
      }
    }
  });
  return y;
}

Tensor resample(const Tensor& x, const std::vector<Tap>& rows, const std::vector<Tap>& columns) {
  const int64_t batch = x.size(0), height = x.size(1), width = x.size(2), channels = x.size(3);
  const auto out_height = static_cast<int64_t>(rows.size());
  const auto out_width = static_cast<int64_t>(columns.size());
  const Tensor input = x.to(at::kFloat).contiguous();
  const Tensor y = empty_tensor({batch, out_height, out_width, channels}, input.scalar_type());
  const auto* from = input.data_ptr<float>();
  auto* to = y.data_ptr<float>();
  parallel_for(batch * out_height, 4, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const Tap& row = rows[index % out_height];
      const float* image = from + index / out_height * height * width * channels;
      const float* upper = image + row.low * width * channels;
      const float* lower = image + row.high * width * channels;
      float* out = to + index * out_width * channels;
      for (const Tap& column : columns) {
        for (int64_t c = 0; c < channels; ++c) {
          const float a = upper[column.low * channels + c], b = upper[column.high * channels + c];
          const float d = lower[column.low * channels + c], e = lower[column.high * channels + c];
          const float top = a + (b - a) * column.weight;
          const float bottom = d + (e - d) * column.weight;
          out[c] = top + (bottom - top) * row.weight;
        }
        out += channels;
      }
    }
  });
  return y;
}

/// The transpose of `resample`.
Tensor spread(const Tensor& dy, const Ints& input_shape, const std::vector<Tap>& rows,
              const std::vector<Tap>& columns) {
  const int64_t height = input_shape[1], width = input_shape[2], channels = input_shape[3];
  const Tensor gradient = dy.contiguous();
  const Tensor dx = zero_tensor(input_shape, dy.scalar_type());
  const auto* from = gradient.data_ptr<float>();
  auto* to = dx.data_ptr<float>();
  parallel_for(input_shape[0], 1, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image) {
      float* target = to + image * height * width * channels;
      const float* in = from + image * static_cast<int64_t>(rows.size() * columns.size()) * channels;
      for (const Tap& row : rows) {
        for (const Tap& column : columns) {
          const auto add_to = [&](int64_t y, int64_t x, float weight) {
            float* pixel = target + (y * width + x) * channels;
            for (int64_t c = 0; c < channels; ++c) pixel[c] += in[c] * weight;
          };
          add_to(row.low, column.low, (1 - row.weight) * (1 - column.weight));
          if (column.weight != 0) add_to(row.low, column.high, (1 - row.weight) * column.weight);
          if (row.weight != 0) add_to(row.high, column.low, row.weight * (1 - column.weight));
          if (row.weight != 0 && column.weight != 0) add_to(row.high, column.high, row.weight * column.weight);
          in += channels;
        }
      }
    }
  });
  return dx;
}

}  // namespace

Tensor resize_bilinear(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers) {
  return resample(x, bilinear_taps(x.size(1), height, align_corners, half_pixel_centers),
                  bilinear_taps(x.size(2), width, align_corners, half_pixel_centers));
}

Tensor resize_bilinear_grad(const Tensor& dy, const Ints& input_shape, bool align_corners) {
  return spread(dy, input_shape, bilinear_taps(input_shape[1], dy.size(1), align_corners, false),
                bilinear_taps(input_shape[2], dy.size(2), align_corners, false));
}

Tensor resize_nearest(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers) {
  const auto rows = nearest_taps(x.size(1), height, align_corners, half_pixel_centers);
  const auto columns = nearest_taps(x.size(2), width, align_corners, half_pixel_centers);
  return x.is_floating_point() ? resample(x, rows, columns) : picked(x, rows, columns);
}

Tensor resize_nearest_grad(const Tensor& dy, const Ints& input_shape, bool align_corners) {
  return spread(dy, input_shape, nearest_taps(input_shape[1], dy.size(1), align_corners, false),
                nearest_taps(input_shape[2], dy.size(2), align_corners, false));
}

}  // namespace interfuse
