#include "attention.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "attention_tile.h"
#include "block_product.h"
#include "parallel.h"

namespace interfuse {

namespace {

constexpr float kMasked = -1e30f;

/// Softmax state of one query over the tiles seen so far.
struct Running {
  float maximum = kMasked;
  float total = 0.0f;
};

/// Turns scores into e^(score - maximum) over the visible part, scaling what was summed before; masked ones become 0.
void soften_row(float* scores, Visible visible, Running& running, float* output, int64_t padded) {
  Vector largest = splat(running.maximum);
  for (int64_t p = visible.begin; p < visible.end; p += kLanes) largest = maximum(largest, load(scores + p));
  const float top = maximum_of(largest);
  Vector sums{};
  for (int64_t p = visible.begin; p < visible.end; p += kLanes) {
    const Vector e = exponential(load(scores + p) - top);
    sums += e;
    store(scores + p, e);
  }
  if (running.total != 0.0f && top > running.maximum) {
    const float shrink = std::exp(running.maximum - top);
    running.total *= shrink;
    for (int64_t k = 0; k < padded; k += kLanes) store(output + k, load(output + k) * shrink);
  }
  running.maximum = top;
  running.total += sum_of(sums);
}

/// Scratch memory of one task; sized for the largest group and tile.
struct ForwardScratch {
  explicit ForwardScratch(int64_t size)
      : query(kGroupQueries * round_up(size)),
        output(kGroupQueries * round_up(size)),
        key_columns(round_up(size) * kTileStride),
        key_rows(kTilePositions * round_up(size)),
        value_rows(kTilePositions * round_up(size)),
        scores(kRowBlock * kTileStride) {}
  Scratch query, output, key_columns, key_rows, value_rows, scores;
};

struct Operands {
  HeadRows query, key, value;
  int64_t size;         // head dimension K
  int64_t query_heads;  // per key/value head
  float scale;
};

void forward_group(const Operands& in, const HeadRows& output, float* log_sum_exp, const QueryGroup& group,
                   int64_t head, int64_t num_heads, ForwardScratch& scratch) {
  const int64_t count = group.end - group.begin;
  const int64_t padded = round_up(in.size);
  Running running[kGroupQueries];
  std::memset(scratch.output.get(), 0, count * padded * sizeof(float));
  for (int64_t r = 0; r < count; ++r) in.query.read(group.begin + r, head, scratch.query.get() + r * padded, in.scale);
  for (int64_t begin = 0; begin < group.num_positions; begin += kTilePositions) {
    const int64_t end = std::min<int64_t>(begin + kTilePositions, group.num_positions);
    pack_rows(in.key, group, begin, end, head / in.query_heads, in.size, scratch.key_rows.get());
    transpose_rows(scratch.key_rows.get(), end - begin, in.size, scratch.key_columns.get());
    pack_rows(in.value, group, begin, end, head / in.query_heads, in.size, scratch.value_rows.get());
    for (int64_t r = 0; r < count; r += kRowBlock) {
      const int64_t rows = std::min(kRowBlock, count - r);
      const Visible visible = visible_part(group.rows.data() + r, rows, begin, end);
      if (visible.begin >= visible.end) continue;
      float* scores = scratch.scores.get();
      float* block_output = scratch.output.get() + r * padded;
      for (int64_t i = 0; i < rows; ++i)
        std::fill(scores + i * kTileStride + visible.begin, scores + i * kTileStride + visible.end, 0.0f);
      add_product({scratch.query.get() + r * padded, padded, 1},
                  {scratch.key_columns.get() + visible.begin, kTileStride}, {scores + visible.begin, kTileStride}, rows,
                  visible.end - visible.begin, in.size);
      for (int64_t i = 0; i < rows; ++i) {
        mask_row(scores + i * kTileStride, group.rows[r + i], visible, begin, 2 * kMasked);
        soften_row(scores + i * kTileStride, visible, running[r + i], block_output + i * padded, padded);
      }
      add_product({scores + visible.begin, kTileStride, 1}, {scratch.value_rows.get() + visible.begin * padded, padded},
                  {block_output, padded}, rows, padded, std::min(visible.end, end - begin) - visible.begin);
    }
  }
  for (int64_t r = 0; r < count; ++r) {
    const bool sees_keys = running[r].total > 0;
    output.write(group.begin + r, head, scratch.output.get() + r * padded, sees_keys ? 1.0f / running[r].total : 0.0f);
    log_sum_exp[(group.begin + r) * num_heads + head] =
        sees_keys ? running[r].maximum + std::log(running[r].total) : 0.0f;
  }
}

/// A [rows, heads, K] tensor with contiguous rows.
Tensor with_contiguous_rows(const Tensor& tensor) { return tensor.stride(2) == 1 ? tensor : tensor.contiguous(); }

}  // namespace

std::vector<Tensor> attention(const Stored& query, const Stored& key, const Stored& value, Int32Span key_ranges,
                              double scale, Precision precision) {
  const Tensor q = with_contiguous_rows(query.tensor());
  const Tensor k = with_contiguous_rows(key.tensor());
  const Tensor v = with_contiguous_rows(value.tensor());
  const int64_t num_heads = q.size(1);
  const int64_t size = q.size(2);
  TORCH_CHECK(size <= 512, "head dimension ", size, " is larger than 512");
  const Tensor output =
      at::empty(q.sizes(), q.options().dtype(activation_type(precision)), at::MemoryFormat::Contiguous);
  const Tensor log_sum_exp = at::empty({q.size(0), num_heads}, at::kFloat);
  const AttentionPlan plan = plan_attention(key_ranges.data, q.size(0), k.size(0), kGroupQueries);
  const Operands in{HeadRows(q), HeadRows(k), HeadRows(v), size, num_heads / k.size(1), static_cast<float>(scale)};
  const HeadRows out(output);
  const auto num_groups = static_cast<int64_t>(plan.groups.size());
  parallel_for(num_groups * num_heads, 1, [&](int64_t begin, int64_t end) {
    ForwardScratch scratch(size);
    for (int64_t item = begin; item < end; ++item) {
      forward_group(in, out, data_of<float>(log_sum_exp), plan.groups[item / num_heads], item % num_heads, num_heads,
                    scratch);
    }
  });
  return {output, log_sum_exp};
}

}  // namespace interfuse
