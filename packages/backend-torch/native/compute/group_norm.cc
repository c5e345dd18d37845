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

struct ImageShape {
  int64_t images, pixels, channels, groups;
  int64_t group_size() const { return channels / groups; }
};

/// Adds `first(pixel, i, n)` and `second(pixel, i, n)` over all pixels of an image, by channel.
template <typename Terms>
void channel_sums(const ImageShape& shape, std::vector<double>& first, std::vector<double>& second, Terms terms) {
  std::vector<float> run_first(shape.channels), run_second(shape.channels);
  for (int64_t begin = 0; begin < shape.pixels; begin += kPixelRun) {
    std::fill(run_first.begin(), run_first.end(), 0.0f);
    std::fill(run_second.begin(), run_second.end(), 0.0f);
    for (int64_t pixel = begin; pixel < std::min(shape.pixels, begin + kPixelRun); ++pixel) {
      for_each_run(shape.channels, [&](int64_t i, int64_t n) {
        const auto [a, b] = terms(pixel, i, n);
        store_run(run_first.data() + i, load_run(run_first.data() + i, n) + a, n);
        store_run(run_second.data() + i, load_run(run_second.data() + i, n) + b, n);
      });
    }
    for (int64_t c = 0; c < shape.channels; ++c) {
      first[c] += run_first[c];
      second[c] += run_second[c];
    }
  }
}

template <typename X>
void statistics(const X* x, const ImageShape& shape, double epsilon, float* mean, float* inverse_std) {
  // Sums are taken around the first pixel, so that a large common offset costs no digits.
  std::vector<double> sums(shape.channels), squares(shape.channels);
  channel_sums(shape, sums, squares, [&](int64_t pixel, int64_t i, int64_t n) {
    const Vector v = load_run(x + pixel * shape.channels + i, n) - load_run(x + i, n);
    return std::pair<Vector, Vector>(v, v * v);
  });
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
void normalise_image(const X* x, Y* y, const ImageShape& shape, const Affine& affine, bool silu) {
  for (int64_t pixel = 0; pixel < shape.pixels; ++pixel) {
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
  std::vector<double> sums(shape.channels), products(shape.channels);
  std::vector<float> centre(shape.channels), spread(shape.channels);
  for (int64_t c = 0; c < shape.channels; ++c) {
    centre[c] = mean[c / shape.group_size()];
    spread[c] = inverse_std[c / shape.group_size()];
  }
  channel_sums(shape, sums, products, [&](int64_t pixel, int64_t i, int64_t n) {
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
    parallel_for(shape.images, 1, [&](int64_t begin, int64_t end) {
      for (int64_t image = begin; image < end; ++image) {
        const int64_t at = image * shape.pixels * shape.channels;
        float* image_mean = data_of<float>(mean) + image * groups;
        float* image_inverse = data_of<float>(inverse_std) + image * groups;
        statistics(from + at, shape, epsilon, image_mean, image_inverse);
        const Affine affine =
            affine_of(shape, image_mean, image_inverse, data_of<float>(weights), data_of<float>(biases));
        normalise_image(from + at, to + at, shape, affine, silu);
      }
    });
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
