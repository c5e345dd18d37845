#include <ATen/ATen.h>

#include <algorithm>

#include "forms.h"

namespace interfuse::aten {

namespace {

/// Logits that are widened and exponentiated at a time: no second array of all of them ever exists.
constexpr int64_t kChunkElements = int64_t{1} << 25;

/// Calls `body(first row, rows)` for runs of rows that hold about `kChunkElements`.
template <typename Body>
void for_each_chunk(const Tensor& logits, Body body) {
  const int64_t chunk = std::max<int64_t>(1, kChunkElements / std::max<int64_t>(1, logits.size(1)));
  for (int64_t row = 0; row < logits.size(0); row += chunk) body(row, std::min(chunk, logits.size(0) - row));
}

}  // namespace

std::vector<Tensor> cross_entropy(const Stored& logits, const Tensor& targets) {
  require_float(logits);
  require_int(targets);
  const Tensor& input = logits.tensor();
  const int64_t classes = input.size(1);
  const Tensor losses = at::empty({input.size(0)}, input.options().dtype(at::kFloat));
  const Tensor log_sum_exps = at::empty_like(losses);
  for_each_chunk(input, [&](int64_t row, int64_t rows) {
    const Tensor values = widened(input.narrow(0, row, rows));
    const Tensor target = targets.narrow(0, row, rows);
    const Tensor total = at::logsumexp(values, {1});
    const Tensor hit = at::gather(values, 1, target.clamp(0, classes - 1).to(at::kLong).unsqueeze(1)).squeeze(1);
    const Tensor ignored = target == -1;
    const Tensor is_outside = (target < -1).logical_or_(target >= classes);
    losses.narrow(0, row, rows)
        .copy_(at::sub(total, hit).masked_fill_(ignored, 0.0).masked_fill_(is_outside, kNotANumber));
    log_sum_exps.narrow(0, row, rows).copy_(total.masked_fill(ignored, 0.0));
  });
  return {losses, log_sum_exps};
}

Tensor cross_entropy_grad(const Tensor& dy, const Stored& logits, const Tensor& targets, const Tensor& log_sum_exp,
                          Precision precision) {
  require_floats(dy, logits, log_sum_exp);
  require_int(targets);
  const Tensor& input = logits.tensor();
  const Tensor gradients = at::empty(input.sizes(), input.options().dtype(activation_type(precision)),
                                     at::MemoryFormat::Contiguous);
  const Tensor classes = at::arange(input.size(1), targets.options());
  for_each_chunk(input, [&](int64_t row, int64_t rows) {
    const auto part = [&](const Tensor& t) { return t.narrow(0, row, rows).unsqueeze(1); };
    const Tensor target = part(targets);
    const Tensor scale = part(dy).masked_fill(target < 0, 0.0);
    const Tensor probabilities = at::sub(widened(input.narrow(0, row, rows)), part(log_sum_exp)).exp_();
    // An ignored row has a logSumExp of 0, so its "probabilities" may be infinite: zero them, not only their factor.
    probabilities.sub_((classes == target).to(at::kFloat)).mul_(scale).masked_fill_(target < 0, 0.0);
    gradients.narrow(0, row, rows).copy_(probabilities);
  });
  return gradients;
}

}  // namespace interfuse::aten
