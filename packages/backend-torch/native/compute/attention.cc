#include "attention.h"

#include <cmath>

#include "attention_products.h"
#include "new_tensor.h"
#include "parallel.h"

namespace interfuse {

namespace {

constexpr float kMasked = -1e30f;

/// Softmax state of one query over the tiles seen so far.
struct Running {
  float maximum = kMasked;
  float total = 0.0f;
};

/// Turns the scores of a row's visible part, times `scale`, into e^(score - maximum), those that it does not see into 0, and
/// shrinks what was summed before. `probabilities` may be the scores themselves.
template <typename Element>
void soften_row(float* scores, const VisibleRow& row, Visible visible, int64_t tile_begin, float scale, Running& running,
                Element* probabilities, float* output, int64_t padded) {
  Vector largest = splat(running.maximum);
  for (int64_t p = visible.begin; p < visible.end; p += kLanes) {
    const Vector score = seen_from(row, tile_begin + p) ? load(scores + p) * scale : splat(2 * kMasked);
    store(scores + p, score);
    largest = maximum(largest, score);
  }
  const float top = maximum_of(largest);
  Vector sums{};
  for (int64_t p = visible.begin; p < visible.end; p += kLanes) {
    const Vector e = exponential(load(scores + p) - top);
    sums += e;
    store(probabilities + p, e);
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
template <typename Element>
struct ForwardScratch {
  explicit ForwardScratch(int64_t size) : ForwardScratch(padded_size<Element>(size), kTilePositions + 1) {}
  ForwardScratch(int64_t padded, int64_t tile_rows)
      : query(kGroupQueries * padded),
        key_rows(tile_rows * padded),
        value_rows(tile_rows * padded),
        probabilities(kRowBlock<Element> * kTileStride),
        key_columns(padded * kTileStride),
        value_words(tile_rows * padded),
        output(kGroupQueries * padded),
        scores(kRowBlock<Element> * kTileStride) {}
  Scratch<Element> query, key_rows, value_rows, probabilities;
  Scratch<Word<Element>> key_columns, value_words;
  Scratch<float> output, scores;
};

struct Operands {
  HeadRows query, key, value;
  int64_t size;         // head dimension K
  int64_t query_heads;  // per key/value head
  float scale;
};

template <typename Element>
void forward_group(const Operands& in, const HeadRows& output, float* log_sum_exp, const QueryGroup& group,
                   int64_t head, int64_t num_heads, ForwardScratch<Element>& scratch) {
  constexpr int64_t kWord = kElementsPerWord<Element>;
  constexpr int64_t kBlock = kRowBlock<Element>;
  const int64_t count = group.end - group.begin;
  const int64_t padded = padded_size<Element>(in.size);
  Running running[kGroupQueries];
  std::memset(scratch.output.get(), 0, count * padded * sizeof(float));
  for (int64_t r = 0; r < count; ++r) in.query.read(group.begin + r, head, scratch.query.get() + r * padded);
  for (int64_t begin = 0; begin < group.num_positions; begin += kTilePositions) {
    const int64_t end = std::min<int64_t>(begin + kTilePositions, group.num_positions);
    pack_rows(in.key, group, begin, end, head / in.query_heads, in.size, scratch.key_rows.get());
    transpose_rows(scratch.key_rows.get(), end - begin, in.size, scratch.key_columns.get());
    pack_rows(in.value, group, begin, end, head / in.query_heads, in.size, scratch.value_rows.get());
    const Word<Element>* values =
        pair_all_rows(scratch.value_rows.get(), round_up(end - begin, kDepthUnit<Element>), padded, padded,
                      scratch.value_words.get());
    for (int64_t r = 0; r < count; r += kBlock) {
      const int64_t rows = std::min(kBlock, count - r);
      const Visible visible = visible_part<Element>(group.rows.data() + r, rows, begin, end);
      if (visible.begin >= visible.end) continue;
      float* scores = scratch.scores.get();
      Element* probabilities = scratch.probabilities.get();
      float* block_output = scratch.output.get() + r * padded;
      multiply_rows<false>(LeftRows<Element>{scratch.query.get() + r * padded, padded},
                           Panel<const Word<Element>>{scratch.key_columns.get() + visible.begin, kTileStride},
                           Panel<float>{scores + visible.begin, kTileStride}, rows, visible.end - visible.begin, in.size);
      for (int64_t i = 0; i < rows; ++i) {
        soften_row(scores + i * kTileStride, group.rows[r + i], visible, begin, in.scale, running[r + i],
                   probabilities + i * kTileStride, block_output + i * padded, padded);
      }
      multiply_rows<true>(LeftRows<Element>{probabilities + visible.begin, kTileStride},
                          Panel<const Word<Element>>{values + visible.begin / kWord * padded, padded},
                          Panel<float>{block_output, padded}, rows, padded,
                          std::min(visible.end, end - begin) - visible.begin);
    }
  }
  for (int64_t r = 0; r < count; ++r) {
    const bool sees_keys = running[r].total > 0;
    output.write(group.begin + r, head, scratch.output.get() + r * padded, sees_keys ? 1.0f / running[r].total : 0.0f);
    log_sum_exp[(group.begin + r) * num_heads + head] =
        sees_keys ? running[r].maximum + std::log(running[r].total) : 0.0f;
  }
}

}  // namespace

std::vector<Tensor> attention(const Stored& query, const Stored& key, const Stored& value, Int32Span key_ranges,
                              double scale, Precision precision) {
  const Tensor q = with_contiguous_rows(query.tensor());
  const Tensor k = with_contiguous_rows(key.tensor());
  const Tensor v = with_contiguous_rows(value.tensor());
  const int64_t num_heads = q.size(1);
  const int64_t size = q.size(2);
  TORCH_CHECK(size <= 512, "head dimension (=", size, ") must be at most 512; take more heads, each smaller");
  const Tensor output = empty_tensor(q.sizes(), activation_type(precision));
  const Tensor log_sum_exp = empty_tensor({q.size(0), num_heads}, at::kFloat);
  const auto plan = remembered_plan(key_ranges, k.size(0), kGroupQueries);
  const Operands in{HeadRows(q), HeadRows(k), HeadRows(v), size, num_heads / k.size(1), static_cast<float>(scale)};
  const HeadRows out(output);
  const auto num_groups = static_cast<int64_t>(plan->groups.size());
  with_element(precision, [&](auto element) {
    parallel_for(num_groups * num_heads, 1, [&](int64_t begin, int64_t end) {
      [[maybe_unused]] const HeldTiles<decltype(element)> tiles;
      auto& scratch = thread_scratch<ForwardScratch<decltype(element)>>(size);
      for (int64_t item = begin; item < end; ++item) {
        forward_group(in, out, data_of<float>(log_sum_exp), plan->groups[item / num_heads], item % num_heads, num_heads,
                      scratch);
      }
    });
  });
  return {output, log_sum_exp};
}

}  // namespace interfuse
