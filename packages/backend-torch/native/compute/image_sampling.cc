#include "image_sampling.h"

#include <algorithm>
#include <cmath>

#include "element_type.h"
#include "new_tensor.h"
#include "parallel.h"

namespace interfuse {

namespace {

/// Halves upwards, as `Math.round`.
int64_t rounded(double x) { return static_cast<int64_t>(std::floor(x + 0.5)); }

/// One image of a batch.
template <typename T>
struct Image {
  const T* pixels;
  int64_t height, width, channels;

  bool contains(int64_t y, int64_t x) const { return y >= 0 && y < height && x >= 0 && x < width; }
  double at(int64_t y, int64_t x, int64_t c) const { return pixels[(y * width + x) * channels + c]; }
  double at_or(int64_t y, int64_t x, int64_t c, double fill) const { return contains(y, x) ? at(y, x, c) : fill; }
  double nearest(double y, double x, int64_t c, double fill) const { return at_or(rounded(y), rounded(x), c, fill); }

  double bilinear(double y, double x, int64_t c, double fill) const {
    const auto top = static_cast<int64_t>(std::floor(y));
    const auto left = static_cast<int64_t>(std::floor(x));
    const double down = y - top;
    const double across = x - left;
    const double upper = (1 - across) * at_or(top, left, c, fill) + across * at_or(top, left + 1, c, fill);
    const double lower = (1 - across) * at_or(top + 1, left, c, fill) + across * at_or(top + 1, left + 1, c, fill);
    return (1 - down) * upper + down * lower;
  }
};

template <typename T>
Image<T> image_of(const Tensor& x, int64_t index) {
  const int64_t height = x.size(1), width = x.size(2), channels = x.size(3);
  return {x.data_ptr<T>() + index * height * width * channels, height, width, channels};
}

/// Coordinates of `count` samples along one side of a crop, in pixels.
double crop_coordinate(double low, double high, int64_t size, int64_t count, int64_t i) {
  const auto last = static_cast<double>(size - 1);
  if (count <= 1) return 0.5 * (low + high) * last;
  return low * last + static_cast<double>(i) * ((high - low) * last / static_cast<double>(count - 1));
}

/// Where a coordinate outside [0, size) is read instead.
double mapped(double position, int64_t size, const std::string& mode) {
  const auto length = static_cast<double>(size);
  const double last = length - 1;
  if (mode == "constant") return position;
  if (mode == "nearest") return std::clamp(position, 0.0, last);
  if (size <= 1) return 0;
  if (mode == "wrap") {
    if (position < 0)
      position += length * (std::trunc(-position / last) + 1);
    else if (position > last)
      position -= length * std::trunc(position / last);
    return std::clamp(position, 0.0, last);
  }
  TORCH_CHECK(mode == "reflect", "unknown fill mode \"", mode, "\"");
  const double period = 2 * length;
  if (position < 0) {
    position += period * std::trunc(-position / period);
    position = position < -length ? position + period : -position - 1;
  } else if (position > last) {
    position -= period * std::trunc(position / period);
    if (position >= length) position = period - position - 1;
  }
  return std::clamp(position, 0.0, last);
}

}  // namespace

Tensor crop_and_resize(const Tensor& x, const Tensor& boxes, const Tensor& images, int64_t height, int64_t width,
                       bool bilinear, double fill) {
  const Tensor input = float_values(x);
  const Tensor corners = boxes.contiguous();
  const Tensor sources = images.to(at::kInt).contiguous();
  const int64_t count = boxes.size(0);
  const int64_t channels = x.size(3);
  const Tensor y = zero_tensor({count, height, width, channels}, at::kFloat);
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const int64_t source = sources.data_ptr<int32_t>()[b];
      if (source < 0 || source >= x.size(0)) continue;
      const auto image = image_of<float>(input, source);
      const float* corner = corners.data_ptr<float>() + 4 * b;
      float* out = y.data_ptr<float>() + b * height * width * channels;
      for (int64_t row = 0; row < height; ++row) {
        const double from_y = crop_coordinate(corner[0], corner[2], image.height, height, row);
        for (int64_t column = 0; column < width; ++column) {
          const double from_x = crop_coordinate(corner[1], corner[3], image.width, width, column);
          const bool inside = from_y >= 0 && from_y <= image.height - 1 && from_x >= 0 && from_x <= image.width - 1;
          for (int64_t c = 0; c < channels; ++c, ++out) {
            *out = static_cast<float>(!inside    ? fill
                                      : bilinear ? image.bilinear(from_y, from_x, c, 0)
                                                 : image.nearest(from_y, from_x, c, 0));
          }
        }
      }
    }
  });
  return y;
}

Tensor rotate(const Tensor& x, double radians, const std::vector<double>& fill, double center_x, double center_y) {
  const Tensor input = x.contiguous();
  const Tensor y = empty_tensor(input.sizes(), input.scalar_type());
  const double sine = std::sin(radians), cosine = std::cos(radians);
  with_element_type(input, [&](auto type) {
    using T = decltype(type);
    auto* out = y.data_ptr<T>();
    for (int64_t index = 0; index < x.size(0); ++index) {
      const auto image = image_of<T>(input, index);
      for (int64_t row = 0; row < image.height; ++row) {
        for (int64_t column = 0; column < image.width; ++column) {
          const double right = static_cast<double>(column) - center_x, down = static_cast<double>(row) - center_y;
          const int64_t from_x = rounded(right * cosine - down * sine + center_x);
          const int64_t from_y = rounded(right * sine + down * cosine + center_y);
          for (int64_t c = 0; c < image.channels; ++c) {
            *out++ = static_cast<T>(image.at_or(from_y, from_x, c, fill[c]));
          }
        }
      }
    }
  });
  return y;
}

Tensor transform(const Tensor& x, const Tensor& transforms, int64_t height, int64_t width, bool bilinear,
                 const std::string& mode, double fill) {
  const Tensor input = x.contiguous();
  const Tensor matrices = transforms.contiguous();
  const int64_t batch = x.size(0), channels = x.size(3);
  const Tensor y = empty_tensor({batch, height, width, channels}, input.scalar_type());
  with_element_type(input, [&](auto type) {
    using T = decltype(type);
    auto* out = y.data_ptr<T>();
    for (int64_t index = 0; index < batch; ++index) {
      const float* m = matrices.data_ptr<float>() + (matrices.size(0) == 1 ? 0 : 8 * index);
      const auto image = image_of<T>(input, index);
      for (int64_t row = 0; row < height; ++row) {
        for (int64_t column = 0; column < width; ++column) {
          const double right = static_cast<double>(column), down = static_cast<double>(row);
          const double scale = m[6] * right + m[7] * down + 1;
          const double from_x = mapped((m[0] * right + m[1] * down + m[2]) / scale, image.width, mode);
          const double from_y = mapped((m[3] * right + m[4] * down + m[5]) / scale, image.height, mode);
          for (int64_t c = 0; c < channels; ++c) {
            const double value = scale == 0 ? fill
                                 : bilinear ? image.bilinear(from_y, from_x, c, fill)
                                            : image.nearest(from_y, from_x, c, fill);
            *out++ = static_cast<T>(value);
          }
        }
      }
    }
  });
  return y;
}

}  // namespace interfuse
