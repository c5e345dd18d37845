#include "group_norm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

/// Pixels whose channel sums are held in float32 before they are added up in float64.
constexpr int64_t kPixelRun = 64;

/// Values of a task, 256 KiB of float32, and how many tasks of each thread are summed before they are normalised.
constexpr int64_t kTaskValues = int64_t{1} << 16;
constexpr int64_t kCachedTasks = 2;

struct ImageShape {
  int64_t images, pixels, channels, groups;
  int64_t group_size() const { return channels / groups; }
};

/// Pixels `[begin, end)` of an image.
struct PixelRange {
  int64_t begin, end;
};

/// Two sums of each channel.
struct ChannelSums {
  explicit ChannelSums(int64_t channels) : first(channels), second(channels) {}
  void add(const ChannelSums& other) {
    for (size_t c = 0; c < first.size(); ++c) {
      first[c] += other.first[c];
      second[c] += other.second[c];
    }
  }
  std::vector<double> first, second;
};

/// Both values of `terms(pixel, i, n)` added up over some pixels, by channel.
template <typename Terms>
ChannelSums channel_sums(const ImageShape& shape, PixelRange range, Terms terms) {
  ChannelSums sums(shape.channels);
  std::vector<float> run_first(shape.channels), run_second(shape.channels);
  for (int64_t begin = range.begin; begin < range.end; begin += kPixelRun) {
    std::fill(run_first.begin(), run_first.end(), 0.0f);
    std::fill(run_second.begin(), run_second.end(), 0.0f);
    for (int64_t pixel = begin; pixel < std::min(range.end, begin + kPixelRun); ++pixel) {
      for_each_run(shape.channels, [&](int64_t i, int64_t n) {
        const auto [a, b] = terms(pixel, i, n);
        store_run(run_first.data() + i, load_run(run_first.data() + i, n) + a, n);
        store_run(run_second.data() + i, load_run(run_second.data() + i, n) + b, n);
      });
    }
    for (int64_t c = 0; c < shape.channels; ++c) {
      sums.first[c] += run_first[c];
      sums.second[c] += run_second[c];
    }
  }
  return sums;
}

/// Sums and sums of squares around the image's first pixel, so that a large common offset costs no digits.
template <typename X>
ChannelSums centred_sums(const X* x, const ImageShape& shape, PixelRange range) {
  return channel_sums(shape, range, [&](int64_t pixel, int64_t i, int64_t n) {
    const Vector v = load_run(x + pixel * shape.channels + i, n) - load_run(x + i, n);
    return std::pair<Vector, Vector>(v, v * v);
  });
}

/// Mean and inverse standard deviation of each group from `centred_sums` of the whole image.
template <typename X>
void statistics(const X* x, const ImageShape& shape, const ChannelSums& centred, double epsilon, float* mean,
                float* inverse_std) {
  const std::vector<double>&sums = centred.first, &squares = centred.second;
  const int64_t size = shape.group_size();
  const double pixels = static_cast<double>(shape.pixels);
  for (int64_t group = 0; group < shape.groups; ++group) {
    double total = 0;
    for (int64_t c = group * size; c < (group + 1) * size; ++c) total += sums[c] / pixels + load_part(x + c, 1)[0];
    const double average = total / static_cast<double>(size);
    double variance = 0;
    for (int64_t c = group * size; c < (group + 1) * size; ++c) {
      const double shift = load_part(x + c, 1)[0] - average;
      variance += squares[c] / pixels + 2 * shift * sums[c] / pixels + shift * shift;
    }
    mean[group] = static_cast<float>(average);
    inverse_std[group] = static_cast<float>(1.0 / std::sqrt(variance / static_cast<double>(size) + epsilon));
  }
}

/// Per channel: y = x * factor + offset.
struct Affine {
  std::vector<float> factor, offset;
};

Affine affine_of(const ImageShape& shape, const float* mean, const float* inverse_std, const float* weight,
                 const float* bias) {
  Affine affine{std::vector<float>(shape.channels), std::vector<float>(shape.channels)};
  for (int64_t c = 0; c < shape.channels; ++c) {
    const int64_t group = c / shape.group_size();
    affine.factor[c] = inverse_std[group] * weight[c];
    affine.offset[c] = bias[c] - mean[group] * affine.factor[c];
  }
  return affine;
}

/// Gradient before the activation, from z = the normalised value after weight and bias.
Vector through_silu(Vector gradient, Vector z) {
  const Vector sigmoid = sigmoid_of(z);
  return gradient * (sigmoid + z * sigmoid * (1.0f - sigmoid));
}

template <typename X, typename Y>
void normalise(const X* x, Y* y, const ImageShape& shape, PixelRange range, const Affine& affine, bool silu) {
  for (int64_t pixel = range.begin; pixel < range.end; ++pixel) {
    const int64_t at = pixel * shape.channels;
    for_each_run(shape.channels, [&](int64_t i, int64_t n) {
      const Vector z =
          load_run(x + at + i, n) * load_run(affine.factor.data() + i, n) + load_run(affine.offset.data() + i, n);
      store_run(y + at + i, silu ? z * sigmoid_of(z) : z, n);
    });
  }
}

template <typename Dy, typename X, typename Dx>
void image_grad(const Dy* dy, const X* x, Dx* dx, const ImageShape& shape, const float* mean, const float* inverse_std,
                const float* weight, const float* bias, bool silu, float* dweight, float* dbias) {
  const Affine affine = affine_of(shape, mean, inverse_std, weight, bias);
  const auto gradient_at = [&](int64_t at, int64_t i, int64_t n, Vector value) {
    const Vector gradient = load_run(dy + at + i, n);
    if (!silu) return gradient;
    return through_silu(gradient,
                        value * load_run(affine.factor.data() + i, n) + load_run(affine.offset.data() + i, n));
  };
  std::vector<float> centre(shape.channels), spread(shape.channels);
  for (int64_t c = 0; c < shape.channels; ++c) {
    centre[c] = mean[c / shape.group_size()];
    spread[c] = inverse_std[c / shape.group_size()];
  }
  const auto [sums, products] = channel_sums(shape, {0, shape.pixels}, [&](int64_t pixel, int64_t i, int64_t n) {
    const int64_t at = pixel * shape.channels;
    const Vector value = load_run(x + at + i, n);
    const Vector gradient = gradient_at(at, i, n, value);
    return std::pair<Vector, Vector>(
        gradient, gradient * (value - load_run(centre.data() + i, n)) * load_run(spread.data() + i, n));
  });
  // dx = inverseStd * (g - mean(g) - xhat * mean(g * xhat)), g = dy * weight: per channel dy * a + x * b + c.
  std::vector<float> by_gradient(shape.channels), by_value(shape.channels), constant(shape.channels);
  const double count = static_cast<double>(shape.pixels * shape.group_size());
  for (int64_t group = 0; group < shape.groups; ++group) {
    double mean_gradient = 0, mean_product = 0;
    for (int64_t c = group * shape.group_size(); c < (group + 1) * shape.group_size(); ++c) {
      mean_gradient += sums[c] * weight[c] / count;
      mean_product += products[c] * weight[c] / count;
    }
    for (int64_t c = group * shape.group_size(); c < (group + 1) * shape.group_size(); ++c) {
      const double inverse = inverse_std[group];
      by_gradient[c] = static_cast<float>(inverse * weight[c]);
      by_value[c] = static_cast<float>(-inverse * inverse * mean_product);
      constant[c] = static_cast<float>(-inverse * mean_gradient + inverse * inverse * mean_product * mean[group]);
      dweight[c] = static_cast<float>(products[c]);
      dbias[c] = static_cast<float>(sums[c]);
    }
  }
  for (int64_t pixel = 0; pixel < shape.pixels; ++pixel) {
    const int64_t at = pixel * shape.channels;
    for_each_run(shape.channels, [&](int64_t i, int64_t n) {
      const Vector value = load_run(x + at + i, n);
      store_run(dx + at + i,
                gradient_at(at, i, n, value) * load_run(by_gradient.data() + i, n) +
                    value * load_run(by_value.data() + i, n) + load_run(constant.data() + i, n),
                n);
    });
  }
}

/// How images are shared out. A few images at a time are summed and then normalised, while they are in the cache; each is
/// cut into ranges of pixels, so that all threads work on a single large one.
struct Tasks {
  explicit Tasks(const ImageShape& shape) : pixels(shape.pixels) {
    const int64_t runs = std::max<int64_t>(1, kTaskValues / (shape.channels * kPixelRun));
    range_pixels = runs * kPixelRun;
    per_image = std::max<int64_t>(1, (pixels + range_pixels - 1) / range_pixels);
    const int64_t wanted = std::max<int64_t>(1, kCachedTasks * num_threads() / per_image);
    images_at_once = std::max<int64_t>(1, std::min(wanted, shape.images));
  }
  int64_t per_group() const { return images_at_once * per_image; }
  PixelRange range(int64_t task) const {
    const int64_t begin = task % per_image * range_pixels;
    return {begin, std::min(pixels, begin + range_pixels)};
  }

  int64_t pixels, range_pixels, per_image, images_at_once;
};

}  // namespace

std::vector<Tensor> group_norm(const Stored& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                               double epsilon, bool silu, Precision precision) {
  const Tensor input = x.tensor().contiguous();
  const Tensor weights = weight.contiguous(), biases = bias.contiguous();
  const ImageShape shape{input.size(0), input.size(1) * input.size(2), input.size(3), groups};
  const Tensor y = at::empty(input.sizes(), input.options().dtype(activation_type(precision)));
  const Tensor mean = at::empty({shape.images, groups}, at::kFloat);
  const Tensor inverse_std = at::empty({shape.images, groups}, at::kFloat);
  with_storage(input, y, [&](auto x_type, auto y_type) {
    const auto* from = data_of<decltype(x_type)>(input);
    auto* to = data_of<decltype(y_type)>(y);
    const Tasks tasks(shape);
    std::vector<ChannelSums> sums(tasks.per_group(), ChannelSums(shape.channels));
    std::vector<Affine> affines(tasks.images_at_once);
    for (int64_t first = 0; first < shape.images; first += tasks.images_at_once) {
      const int64_t images = std::min(tasks.images_at_once, shape.images - first);
      const auto image_at = [&](int64_t image) { return (first + image) * shape.pixels * shape.channels; };
      parallel_for(images * tasks.per_image, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          sums[task] = centred_sums(from + image_at(task / tasks.per_image), shape, tasks.range(task));
        }
      });
      for (int64_t image = 0; image < images; ++image) {
        ChannelSums total(shape.channels);
        for (int64_t part = 0; part < tasks.per_image; ++part) total.add(sums[image * tasks.per_image + part]);
        float* image_mean = data_of<float>(mean) + (first + image) * groups;
        float* image_inverse = data_of<float>(inverse_std) + (first + image) * groups;
        statistics(from + image_at(image), shape, total, epsilon, image_mean, image_inverse);
        affines[image] =
            affine_of(shape, image_mean, image_inverse, data_of<float>(weights), data_of<float>(biases));
      }
      parallel_for(images * tasks.per_image, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t image = task / tasks.per_image;
          normalise(from + image_at(image), to + image_at(image), shape, tasks.range(task), affines[image], silu);
        }
      });
    }
  });
  return {y, mean, inverse_std};
}

std::vector<Tensor> group_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& bias,
                                    const Tensor& mean, const Tensor& inverse_std, int64_t groups, bool silu,
                                    Precision precision) {
  const Tensor gradient = dy.tensor().contiguous();
  const Tensor input = x.tensor().contiguous();
  const Tensor weights = weight.contiguous(), biases = bias.contiguous();
  const ImageShape shape{input.size(0), input.size(1) * input.size(2), input.size(3), groups};
  const Tensor dx = at::empty(input.sizes(), input.options().dtype(activation_type(precision)));
  const Tensor dweight = at::empty({shape.images, shape.channels}, at::kFloat);
  const Tensor dbias = at::empty({shape.images, shape.channels}, at::kFloat);
  with_storage(gradient, input, [&](auto dy_type, auto x_type) {
    const auto* from = data_of<decltype(dy_type)>(gradient);
    const auto* values = data_of<decltype(x_type)>(input);
    with_storage(dx, [&](auto dx_type) {
      auto* to = data_of<decltype(dx_type)>(dx);
      parallel_for(shape.images, 1, [&](int64_t begin, int64_t end) {
        for (int64_t image = begin; image < end; ++image) {
          const int64_t at = image * shape.pixels * shape.channels;
          image_grad(from + at, values + at, to + at, shape, data_of<float>(mean) + image * groups,
                     data_of<float>(inverse_std) + image * groups, data_of<float>(weights), data_of<float>(biases),
                     silu, data_of<float>(dweight) + image * shape.channels,
                     data_of<float>(dbias) + image * shape.channels);
        }
      });
    });
  });
  return {dx, dweight.sum(0), dbias.sum(0)};
}

}  // namespace interfuse
