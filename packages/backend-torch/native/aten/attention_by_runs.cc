// L queries, S keys, N query heads, G key/value heads, H = N/G query heads for each of these, K head dim, C queries of a chunk
#include "attention_by_runs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace interfuse::aten {

namespace {

/// Scores that exist at a time.
constexpr int64_t kChunkScores = int64_t{1} << 23;

/// Queries [begin, end) of a run with the keys that the last of them sees.
struct Chunk {
  int64_t begin, end;
  KeyRange first, second;
  bool causal;

  int64_t num_keys() const { return first.size() + second.size(); }
};

template <typename Body>
void for_each_chunk(const std::vector<AttentionRun>& runs, int64_t num_heads, Body body) {
  for (const AttentionRun& run : runs) {
    const int64_t rows = std::max<int64_t>(1, kChunkScores / (num_heads * run.num_keys()));
    for (int64_t begin = run.begin; begin < run.end; begin += rows) {
      const int64_t end = std::min(run.end, begin + rows);
      Chunk chunk{begin, end, run.first, run.second, run.causal};
      // Causal: the queries of the run behind these are what sees the keys at its end.
      if (run.causal) (run.second.empty() ? chunk.first : chunk.second).end -= run.end - end;
      body(chunk);
    }
  }
}

/// The chunk's rows of x [S, G, K] as [G, keys, K].
Tensor key_rows(const Tensor& x, const Chunk& chunk) {
  const auto rows = [&](const KeyRange& range) { return x.narrow(0, range.begin, range.size()); };
  const Tensor joined = chunk.second.empty() ? rows(chunk.first) : at::cat({rows(chunk.first), rows(chunk.second)});
  return joined.transpose(0, 1);
}

void add_key_rows(const Tensor& sums, const Chunk& chunk, const Tensor& added_GSK) {
  const Tensor added = added_GSK.transpose(0, 1);
  const int64_t size = chunk.first.size();
  sums.narrow(0, chunk.first.begin, size).add_(added.narrow(0, 0, size));
  if (!chunk.second.empty()) {
    sums.narrow(0, chunk.second.begin, chunk.second.size()).add_(added.narrow(0, size, chunk.second.size()));
  }
}

/// The chunk's rows of x [L, N, ..] as [G, H * C, ..].
Tensor query_rows(const Tensor& x, const Chunk& chunk, int64_t groups) {
  const Tensor rows = x.narrow(0, chunk.begin, chunk.end - chunk.begin).transpose(0, 1);  // [N, C, ..]
  Ints sizes{groups, -1};
  if (x.dim() == 3) sizes.push_back(x.size(2));
  return rows.reshape(sizes);
}

/// The inverse: writes [G, H * C, ..] into the chunk's rows of `target` [L, N, ..].
void put_query_rows(const Tensor& target, const Chunk& chunk, const Tensor& values) {
  Ints sizes{target.size(1), chunk.end - chunk.begin};
  if (target.dim() == 3) sizes.push_back(target.size(2));
  target.narrow(0, chunk.begin, chunk.end - chunk.begin).copy_(values.reshape(sizes).transpose(0, 1));
}

/// Scores [G, H * C, keys], lowest where a query does not see a key.
Tensor scores_of(const Tensor& q, const Tensor& k, const Chunk& chunk, double scale) {
  const Tensor scores = at::bmm(q, k.transpose(1, 2)).mul_(scale);
  if (!chunk.causal) return scores;
  const int64_t count = chunk.end - chunk.begin;
  const auto options = q.options().dtype(at::kLong);
  const Tensor limit = at::arange(count, options).add_(chunk.num_keys() - count).unsqueeze(1);
  const Tensor is_hidden = at::arange(chunk.num_keys(), options).unsqueeze(0) > limit;  // [C, keys]
  scores.view({q.size(0), -1, count, chunk.num_keys()})
      .masked_fill_(is_hidden, -std::numeric_limits<double>::infinity());
  return scores;
}

}  // namespace

std::vector<Tensor> attention_by_runs(const std::vector<AttentionRun>& runs, const AttentionOperands& in,
                                      at::ScalarType type) {
  const int64_t num_heads = in.query.size(1), groups = in.key.size(1);
  const auto options = in.query.options();
  const Tensor output = at::zeros(in.query.sizes(), options.dtype(type));
  const Tensor log_sum_exp = at::zeros({in.query.size(0), num_heads}, options);
  for_each_chunk(runs, num_heads, [&](const Chunk& chunk) {
    const Tensor scores =
        scores_of(query_rows(in.query, chunk, groups), key_rows(in.key, chunk), chunk, in.scale);
    const Tensor total = at::logsumexp(scores, {2});
    const Tensor probabilities = scores.sub_(total.unsqueeze(2)).exp_();
    put_query_rows(output, chunk, at::bmm(probabilities, key_rows(in.value, chunk)));
    put_query_rows(log_sum_exp, chunk, total);
  });
  return {output, log_sum_exp};
}

std::vector<Tensor> attention_by_runs_grad(const std::vector<AttentionRun>& runs, const AttentionOperands& in,
                                           const Tensor& dy, const Tensor& output, const Tensor& log_sum_exp,
                                           at::ScalarType type) {
  const int64_t num_heads = in.query.size(1), groups = in.key.size(1);
  const Tensor dq = at::zeros(in.query.sizes(), in.query.options().dtype(type));
  const Tensor dk = at::zeros(in.key.sizes(), in.key.options());
  const Tensor dv = at::zeros(in.value.sizes(), in.value.options());
  // Sum of dy * output for each query: what softmax's gradient subtracts.
  const Tensor dots = at::sum(at::mul(dy, output), {2});
  for_each_chunk(runs, num_heads, [&](const Chunk& chunk) {
    const Tensor q = query_rows(in.query, chunk, groups), gradient = query_rows(dy, chunk, groups);
    const Tensor k = key_rows(in.key, chunk), v = key_rows(in.value, chunk);
    const Tensor total = query_rows(log_sum_exp, chunk, groups).unsqueeze(2);
    const Tensor probabilities = scores_of(q, k, chunk, in.scale).sub_(total).exp_();
    add_key_rows(dv, chunk, at::bmm(probabilities.transpose(1, 2), gradient));
    const Tensor dscores = at::bmm(gradient, v.transpose(1, 2))
                               .sub_(query_rows(dots, chunk, groups).unsqueeze(2))
                               .mul_(probabilities)
                               .mul_(in.scale);
    put_query_rows(dq, chunk, at::bmm(dscores, k));
    add_key_rows(dk, chunk, at::bmm(dscores.transpose(1, 2), q));
  });
  return {dq, dk.to(type), dv.to(type)};
}

}  // namespace interfuse::aten
