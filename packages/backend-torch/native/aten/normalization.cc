#include <ATen/ATen.h>

#include "forms.h"

namespace interfuse::aten {

namespace {

Ints outer_sizes(const Tensor& x) { return Ints(x.sizes().begin(), x.sizes().end() - 1); }

}  // namespace

std::vector<Tensor> rms_norm(const Stored& x, const Tensor& weight, double epsilon, Precision precision) {
  require_floats(x, weight);
  const Tensor input = widened(x.tensor());
  const auto [y, inverse] = at::_fused_rms_norm(input.contiguous(), {input.size(-1)}, weight, epsilon);
  return {y.to(activation_type(precision)), inverse.reshape(outer_sizes(input))};
}

std::vector<Tensor> rms_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& inverse_rms) {
  require_floats(dy, x, weight, inverse_rms);
  const Tensor input = widened(x.tensor()).contiguous();
  const Tensor gradient = widened(dy.tensor()).contiguous();
  const auto [dx, dweight] = at::_fused_rms_norm_backward(gradient, input, {input.size(-1)}, inverse_rms.unsqueeze(-1),
                                                          weight, {true, true});
  return {dx.to(x.tensor().scalar_type()), dweight};
}

}  // namespace interfuse::aten
