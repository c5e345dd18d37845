// Attention over key ranges on a device: in bfloat16 through libtorch's FlashAttention (arXiv 2307.08691), which has it in
// 16 bits only; else run by run with products in float32.
#include <ATen/ATen.h>

#include "../device/device.h"
#include "attention_by_runs.h"
#include "attention_groups.h"
#include "forms.h"

namespace interfuse::aten {

namespace {

// FlashAttention takes heads of multiples of 8 numbers, up to 256.
constexpr int64_t kHeadUnit = 8, kLargestHead = 256;

bool uses_flash(const Tensor& query, Precision precision) {
  return precision == Precision::kBfloat16 && query.size(2) <= kLargestHead;
}

/// x [L, N, K] in bfloat16, its heads filled up with zeros, and the last axis without gaps.
Tensor for_flash(const Tensor& x) {
  const int64_t missing = (kHeadUnit - x.size(2) % kHeadUnit) % kHeadUnit;
  Tensor typed = x.to(at::kBFloat16);
  if (missing > 0) typed = at::constant_pad_nd(typed, {0, missing});
  return typed.stride(2) == 1 ? typed : typed.contiguous();
}

Tensor picked(const Tensor& x, const Tensor& rows) { return rows.defined() ? at::index_select(x, 0, rows) : x; }

void put_rows(const Tensor& target, const Tensor& rows, const Tensor& values) {
  if (rows.defined()) {
    Tensor(target).index_copy_(0, rows, values);
  } else {
    target.copy_(values);
  }
}

/// Adds up what the uses of each key got: [U, G, K] to [S, G, K] in float32, in one order.
Tensor summed_by_key(const Tensor& gradient, const AttentionGroup& group) {
  const Tensor wide = gradient.to(at::kFloat);
  if (!group.keys.defined()) return wide;
  const Tensor sums = std::get<0>(at::_embedding_bag_forward_only(wide.reshape({wide.size(0), -1}), group.uses,
                                                                  group.use_starts, /*scale_grad_by_freq=*/false,
                                                                  /*mode=*/0));
  return sums.reshape({sums.size(0), gradient.size(1), gradient.size(2)});
}

std::vector<Tensor> flash(const AttentionPlan& plan, const Tensor& query, const Tensor& key, const Tensor& value,
                          double scale) {
  const Tensor q = for_flash(query), k = for_flash(key), v = for_flash(value);
  const bool sees_all = plan.num_visible_queries == q.size(0);
  const auto memory = [&](at::IntArrayRef sizes, at::ScalarType type) {
    return sees_all ? at::empty(sizes, q.options().dtype(type)) : at::zeros(sizes, q.options().dtype(type));
  };
  const Tensor output = memory(q.sizes(), at::kBFloat16);
  const Tensor log_sum_exp = memory({q.size(0), q.size(1)}, at::kFloat);
  for (const AttentionGroup& group : plan.groups) {
    const auto results = at::_flash_attention_forward(
        picked(q, group.queries), picked(k, group.keys), picked(v, group.keys), group.query_starts, group.key_starts,
        group.max_queries, group.max_keys, /*dropout_p=*/0.0, group.causal, /*return_debug_mask=*/false, scale);
    put_rows(output, group.queries, std::get<0>(results));
    put_rows(log_sum_exp, group.queries, std::get<1>(results).t());  // [N, T]
  }
  return {output.narrow(2, 0, query.size(2)).contiguous(), log_sum_exp};
}

std::vector<Tensor> flash_grad(const AttentionPlan& plan, const Tensor& dy, const Tensor& query, const Tensor& key,
                               const Tensor& value, const Tensor& output, const Tensor& log_sum_exp, double scale) {
  const Tensor q = for_flash(query), k = for_flash(key), v = for_flash(value);
  const Tensor y = for_flash(output), gradient = for_flash(dy);
  const Tensor dq = at::zeros(q.sizes(), q.options());
  const Tensor dk = at::zeros(k.sizes(), k.options().dtype(at::kFloat));
  const Tensor dv = at::zeros_like(dk);
  const Tensor no_dropout = at::empty({0}, q.options().dtype(at::kLong));
  for (const AttentionGroup& group : plan.groups) {
    const Tensor total = picked(log_sum_exp, group.queries).t().contiguous();  // [N, T]
    const auto backward = [&](const Tensor& dy_part, const Tensor& q_part, const Tensor& k_part, const Tensor& v_part,
                              const Tensor& y_part) {
      const OnlyDeterministic same_bits;
      return at::_flash_attention_backward(dy_part, q_part, k_part, v_part, y_part, total, group.query_starts,
                                           group.key_starts, group.max_queries, group.max_keys, /*dropout_p=*/0.0,
                                           group.causal, no_dropout, no_dropout, scale);
    };
    const auto [dq_part, dk_part, dv_part] =
        backward(picked(gradient, group.queries), picked(q, group.queries), picked(k, group.keys),
                 picked(v, group.keys), picked(y, group.queries));
    put_rows(dq, group.queries, dq_part);
    dk.add_(summed_by_key(dk_part, group));
    dv.add_(summed_by_key(dv_part, group));
  }
  const auto stored = [&](const Tensor& padded) {
    return padded.narrow(2, 0, query.size(2)).to(at::kBFloat16).contiguous();
  };
  return {stored(dq), stored(dk), stored(dv)};
}

}  // namespace

std::vector<Tensor> attention(const Stored& query, const Stored& key, const Stored& value, Int32Span key_ranges,
                              double scale, Precision precision) {
  require_floats(query, key, value);
  const Tensor &q = query.tensor(), &k = key.tensor(), &v = value.tensor();
  const auto plan = planned(key_ranges, k.size(0), q.device());
  if (uses_flash(q, precision)) return flash(*plan, q, k, v, scale);
  return attention_by_runs(plan->runs, {widened(q), widened(k), widened(v), scale}, activation_type(precision));
}

std::vector<Tensor> attention_grad(const Stored& dy, const Stored& query, const Stored& key, const Stored& value,
                                   const Stored& output, const Tensor& log_sum_exp, Int32Span key_ranges, double scale,
                                   Precision precision) {
  require_floats(dy, query, key, value, output, log_sum_exp);
  const Tensor &q = query.tensor(), &k = key.tensor(), &v = value.tensor();
  const auto plan = planned(key_ranges, k.size(0), q.device());
  if (uses_flash(q, precision)) {
    return flash_grad(*plan, dy.tensor(), q, k, v, output.tensor(), log_sum_exp, scale);
  }
  return attention_by_runs_grad(plan->runs, {widened(q), widened(k), widened(v), scale}, widened(dy.tensor()),
                                widened(output.tensor()), log_sum_exp, activation_type(precision));
}

}  // namespace interfuse::aten
