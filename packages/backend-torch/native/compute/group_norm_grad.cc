#include "group_norm.h"
#include "group_norm_sums.h"
#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

/// Gradient before the activation, from z = the normalised value after weight and bias.
INTERFUSE_INLINE Vector through_silu(Vector gradient, Vector z) {
  const Vector sigmoid = sigmoid_of(z);
  return gradient * (sigmoid + z * sigmoid * (1.0f - sigmoid));
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

}  // namespace

std::vector<Tensor> group_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& bias,
                                    const Tensor& mean, const Tensor& inverse_std, int64_t groups, bool silu,
                                    Precision precision) {
  const Tensor gradient = dy.tensor().contiguous();
  const Tensor input = x.tensor().contiguous();
  const Tensor weights = weight.contiguous(), biases = bias.contiguous();
  const ImageShape shape{input.size(0), input.size(1) * input.size(2), input.size(3), groups};
  const Tensor dx = empty_tensor(input.sizes(), activation_type(precision));
  const Tensor dweight = empty_tensor({shape.images, shape.channels}, at::kFloat);
  const Tensor dbias = empty_tensor({shape.images, shape.channels}, at::kFloat);
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
