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

Tensor rotary_embedding(const Stored& x, const Tensor& table, bool inverse, int64_t num_heads, Precision precision) {
  require_floats(x, table);
  const Tensor& input = x.tensor();
  const int64_t half = input.size(2) / 2;
  const Tensor cosine = table.narrow(1, 0, half).unsqueeze(1);
  const Tensor sine = table.narrow(1, half, half).unsqueeze(1);
  const Tensor rotated = widened(input.narrow(1, 0, num_heads));
  const Tensor first = rotated.narrow(2, 0, half);
  const Tensor second = rotated.narrow(2, half, half);
  const double sign = inverse ? -1 : 1;
  const Tensor y = at::empty(input.sizes(), input.options().dtype(activation_type(precision)),
                             at::MemoryFormat::Contiguous);
  const Tensor heads = y.narrow(1, 0, num_heads);
  heads.narrow(2, 0, half).copy_(at::mul(first, cosine).addcmul_(second, sine, -sign));
  heads.narrow(2, half, half).copy_(at::mul(second, cosine).addcmul_(first, sine, sign));
  const int64_t rest = input.size(1) - num_heads;
  if (rest > 0) y.narrow(1, num_heads, rest).copy_(input.narrow(1, num_heads, rest));
  return y;
}

}  // namespace interfuse::aten
