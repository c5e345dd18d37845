#include <ATen/ATen.h>

#include "forms.h"

namespace interfuse::aten {

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

namespace {

/// x [L, H, K] in its parts: queries, keys and the heads that pass.
std::vector<Tensor> parts_of(const Tensor& x, int64_t num_heads, int64_t num_kv_heads) {
  return at::split_with_sizes(x, {num_heads, num_kv_heads, x.size(1) - num_heads - num_kv_heads}, 1);
}

}  // namespace

std::vector<Tensor> normed_rotary(const Stored& x, const Tensor& table, const Tensor& query_weight,
                                  const Tensor& key_weight, int64_t num_heads, int64_t num_kv_heads, double epsilon,
                                  Precision precision) {
  require_floats(x, table, query_weight, key_weight);
  const std::vector<Tensor> parts = parts_of(widened(x.tensor()), num_heads, num_kv_heads);
  const int64_t size = table.size(1);
  const auto [query, query_inverse] = at::_fused_rms_norm(parts[0].contiguous(), {size}, query_weight, epsilon);
  const auto [key, key_inverse] = at::_fused_rms_norm(parts[1].contiguous(), {size}, key_weight, epsilon);
  Slot normed{at::cat({query, key, parts[2]}, 1)};
  return {rotary_embedding(Stored{&normed}, table, false, num_heads + num_kv_heads, precision),
          at::cat({query_inverse, key_inverse}, 1).squeeze(-1)};
}

std::vector<Tensor> normed_rotary_grad(const Stored& dy, const Stored& x, const Tensor& table,
                                       const Tensor& query_weight, const Tensor& key_weight, const Tensor& inverse_rms,
                                       int64_t num_heads, int64_t num_kv_heads) {
  require_floats(dy, x, table, query_weight, key_weight, inverse_rms);
  Slot given{widened(dy.tensor())};
  const Tensor back = rotary_embedding(Stored{&given}, table, true, num_heads + num_kv_heads, Precision::kFloat32);
  const std::vector<Tensor> gradients = parts_of(back, num_heads, num_kv_heads);
  const std::vector<Tensor> inputs = parts_of(widened(x.tensor()), num_heads, num_kv_heads);
  const auto part = [&](int64_t i, int64_t first, int64_t heads, const Tensor& weight) {
    return at::_fused_rms_norm_backward(gradients[i].contiguous(), inputs[i].contiguous(), {table.size(1)},
                                        inverse_rms.narrow(1, first, heads).unsqueeze(-1).contiguous(), weight,
                                        {true, true});
  };
  const auto [dquery, dquery_weight] = part(0, 0, num_heads, query_weight);
  const auto [dkey, dkey_weight] = part(1, num_heads, num_kv_heads, key_weight);
  return {at::cat({dquery, dkey, gradients[2]}, 1).to(x.tensor().scalar_type()), dquery_weight, dkey_weight};
}

}  // namespace interfuse::aten
