#include <ATen/ATen.h>

#include "forms.h"

namespace interfuse::aten {

namespace {

/// Images [B, H, W, C] as [B, H*W, groups, C/groups] in float32.
Tensor in_groups(const Tensor& x, int64_t groups) {
  return widened(x).reshape({x.size(0), x.size(1) * x.size(2), groups, x.size(3) / groups});
}

/// [C] as something that multiplies `in_groups`.
Tensor per_channel(const Tensor& values, int64_t groups) {
  return values.reshape({1, 1, groups, values.size(0) / groups});
}

/// [B, groups] likewise.
Tensor per_group(const Tensor& values) { return values.unsqueeze(1).unsqueeze(-1); }

}  // namespace

std::vector<Tensor> group_moments(const Stored& x, int64_t groups) {
  require_floats(x);
  const auto [variance, mean] = at::var_mean(in_groups(x.tensor(), groups), at::IntArrayRef{1, 3}, /*unbiased=*/false);
  return {mean, variance};
}

Tensor group_norm_with(const Stored& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                       const Tensor& variance, int64_t groups, double epsilon, bool silu, Precision precision) {
  require_floats(x, weight, bias, mean, variance);
  Tensor y = at::sub(in_groups(x.tensor(), groups), per_group(mean)).mul_(per_group(at::rsqrt(variance + epsilon)));
  y.mul_(per_channel(weight, groups)).add_(per_channel(bias, groups));
  if (silu) y = at::silu_(y);
  return y.reshape(x.tensor().sizes()).to(activation_type(precision));
}

std::vector<Tensor> group_norm(const Stored& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                               double epsilon, bool silu, Precision precision) {
  const std::vector<Tensor> moments = group_moments(x, groups);
  const Tensor &mean = moments[0], &variance = moments[1];
  const Tensor y = group_norm_with(x, weight, bias, mean, variance, groups, epsilon, silu, precision);
  return {y, mean, at::rsqrt(variance + epsilon)};
}

std::vector<Tensor> group_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& bias,
                                    const Tensor& mean, const Tensor& inverse_std, int64_t groups, bool silu,
                                    Precision precision) {
  require_floats(dy, x, weight, bias, mean, inverse_std);
  const Tensor normalised =
      at::sub(in_groups(x.tensor(), groups), per_group(mean)).mul_(per_group(inverse_std));
  Tensor gradient = in_groups(dy.tensor(), groups);
  const Tensor factor = per_channel(weight, groups);
  if (silu) gradient = at::silu_backward(gradient, at::mul(normalised, factor).add_(per_channel(bias, groups)));
  const Tensor dweight = at::sum(at::mul(gradient, normalised), {0, 1}).reshape({-1});
  const Tensor dbias = at::sum(gradient, {0, 1}).reshape({-1});
  const Tensor through = at::mul(gradient, factor);
  const auto group_mean = [](const Tensor& t) { return at::mean(t, {1, 3}, /*keepdim=*/true); };
  const Tensor dx = at::sub(through, group_mean(through))
                        .sub_(at::mul(normalised, group_mean(at::mul(through, normalised))))
                        .mul_(per_group(inverse_std));
  return {dx.reshape(x.tensor().sizes()).to(activation_type(precision)), dweight, dbias};
}

}  // namespace interfuse::aten
