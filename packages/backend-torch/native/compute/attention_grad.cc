#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "attention.h"
#include "attention_tile.h"
#include "block_product.h"
#include "parallel.h"

namespace interfuse {

namespace {

template <typename Element>
struct BackwardScratch {
  BackwardScratch(int64_t size, int64_t query_heads)
      : BackwardScratch(padded_size<Element>(size), query_heads, kGroupQueries + 1, kTilePositions + 1) {}
  BackwardScratch(int64_t padded, int64_t query_heads, int64_t group_rows, int64_t tile_rows)
      : query(group_rows * padded),
        dy(group_rows * padded),
        key_rows(tile_rows * padded),
        value_rows(tile_rows * padded),
        probabilities(group_rows * kTileStride),
        dscores(group_rows * kTileStride),
        query_words(group_rows * padded),
        dy_words(group_rows * padded),
        key_columns(padded * kTileStride),
        value_columns(padded * kTileStride),
        key_words(tile_rows * padded),
        probability_words(group_rows * kTileStride),
        dscore_words(group_rows * kTileStride),
        block_probabilities(kRowBlock * kTileStride),
        block_dscores(kRowBlock * kTileStride),
        dquery(query_heads * kGroupQueries * padded),
        dkey(kTilePositions * padded),
        dvalue(kTilePositions * padded) {}
  Scratch<Element> query, dy, key_rows, value_rows, probabilities, dscores;
  Scratch<Word<Element>> query_words, dy_words, key_columns, value_columns, key_words, probability_words, dscore_words;
  Scratch<float> block_probabilities, block_dscores, dquery, dkey, dvalue;
};

struct Backward {
  HeadRows query, key, value, output, dy, dquery;
  float* dkey;               // [S, G, K] float32
  float* dvalue;             // [S, G, K] float32
  const float* log_sum_exp;  // [L, N]
  int64_t size, num_heads, num_kv_heads;
  float scale;

  int64_t query_heads() const { return num_heads / num_kv_heads; }
};

/// Sum of dy * output for each query: what softmax's gradient subtracts.
template <typename Element>
void row_dots(const Backward& in, const QueryGroup& group, int64_t head, const Element* dy, float* dots) {
  const int64_t padded = padded_size<Element>(in.size);
  alignas(64) float output[512] = {};
  for (int64_t r = 0; r < group.end - group.begin; ++r) {
    in.output.read(group.begin + r, head, output);
    Vector sum{};
    for (int64_t k = 0; k < padded; k += kLanes) sum += load(output + k) * load(dy + r * padded + k);
    dots[r] = sum_of(sum);
  }
}

/// Probabilities and score gradients of a block of rows, zero where a row sees nothing.
template <typename Element>
void recompute_block(const Backward& in, const QueryGroup& group, int64_t head, int64_t r, int64_t rows,
                     Visible visible, int64_t tile_begin, int64_t tile_end, const float* dots,
                     const BackwardScratch<Element>& scratch) {
  const int64_t padded = padded_size<Element>(in.size);
  const int64_t row_words = padded / kElementsPerWord<Element>;
  Element* probabilities = scratch.probabilities.get() + r * kTileStride;
  Element* dscores = scratch.dscores.get() + r * kTileStride;
  const size_t used = round_up(tile_end - tile_begin) * sizeof(Element);
  // One row more than the block has: the other half of an odd last one.
  for (int64_t i = 0; i <= rows; ++i) {
    std::memset(static_cast<void*>(probabilities + i * kTileStride), 0, used);
    std::memset(static_cast<void*>(dscores + i * kTileStride), 0, used);
  }
  if (visible.begin >= visible.end) return;
  const int64_t width = visible.end - visible.begin;
  const int64_t depth = in_words<Element>(in.size);
  float* scores = scratch.block_probabilities.get();
  float* gradients = scratch.block_dscores.get();
  for (int64_t i = 0; i < rows; ++i) {
    std::fill(scores + i * kTileStride + visible.begin, scores + i * kTileStride + visible.end, 0.0f);
    std::fill(gradients + i * kTileStride + visible.begin, gradients + i * kTileStride + visible.end, 0.0f);
  }
  add_product<Word<Element>>({as_words(scratch.query.get() + r * padded), row_words, 1},
                             {scratch.key_columns.get() + visible.begin, kTileStride},
                             {scores + visible.begin, kTileStride}, rows, width, depth);
  add_product<Word<Element>>({as_words(scratch.dy.get() + r * padded), row_words, 1},
                             {scratch.value_columns.get() + visible.begin, kTileStride},
                             {gradients + visible.begin, kTileStride}, rows, width, depth);
  for (int64_t i = 0; i < rows; ++i) {
    float* row = scores + i * kTileStride;
    const float total = in.log_sum_exp[(group.begin + r + i) * in.num_heads + head];
    scale_row(row, visible, in.scale);
    mask_row(row, group.rows[r + i], visible, tile_begin, -1e30f);
    for (int64_t p = visible.begin; p < visible.end; p += kLanes) {
      const Vector probability = exponential(load(row + p) - total);
      store(probabilities + i * kTileStride + p, probability);
      store(dscores + i * kTileStride + p, probability * (load(gradients + i * kTileStride + p) - dots[r + i]));
    }
  }
}

void add_rows(const QueryGroup& group, int64_t begin, int64_t end, const float* from, int64_t padded, float factor,
              float* to, int64_t size, int64_t row_stride) {
  for_each_key(group, begin, end, [&](int64_t position, int64_t key) {
    float* row = to + key * row_stride;
    const float* added = from + position * padded;
    for_each_run(size, [&](int64_t i, int64_t n) {
      store_run(row + i, load_run(row + i, n) + factor * load_run(added + i, n), n);
    });
  });
}

template <typename Element>
void backward_head(const Backward& in, const QueryGroup& group, int64_t head, int64_t begin, int64_t end,
                   const Word<Element>* keys, BackwardScratch<Element>& scratch) {
  constexpr int64_t kWord = kElementsPerWord<Element>;
  const int64_t count = group.end - group.begin;
  const int64_t padded = padded_size<Element>(in.size);
  float* dquery = scratch.dquery.get() + head % in.query_heads() * kGroupQueries * padded;
  float dots[kGroupQueries];
  for (int64_t r = 0; r < count; ++r) {
    in.query.read(group.begin + r, head, scratch.query.get() + r * padded);
    in.dy.read(group.begin + r, head, scratch.dy.get() + r * padded);
  }
  // The other half of an odd last row.
  std::memset(static_cast<void*>(scratch.query.get() + count * padded), 0, padded * sizeof(Element));
  std::memset(static_cast<void*>(scratch.dy.get() + count * padded), 0, padded * sizeof(Element));
  row_dots(in, group, head, scratch.dy.get(), dots);
  Visible parts[kGroupQueries / kRowBlock + 1];
  for (int64_t r = 0; r < count; r += kRowBlock) {
    const int64_t rows = std::min(kRowBlock, count - r);
    const Visible visible = parts[r / kRowBlock] = visible_part(group.rows.data() + r, rows, begin, end);
    recompute_block(in, group, head, r, rows, visible, begin, end, dots, scratch);
    if (visible.begin >= visible.end) continue;
    const int64_t depth = std::min(visible.end, end - begin) - visible.begin;
    add_product<Word<Element>>(
        {as_words(scratch.dscores.get() + r * kTileStride + visible.begin), kTileStride / kWord, 1},
        {keys + visible.begin / kWord * padded, padded}, {dquery + r * padded, padded}, rows, padded,
        in_words<Element>(depth));
  }
  const Word<Element>* queries = pair_all_rows(scratch.query.get(), count, padded, padded, scratch.query_words.get());
  const Word<Element>* dys = pair_all_rows(scratch.dy.get(), count, padded, padded, scratch.dy_words.get());
  const int64_t width = round_up(end - begin);
  const Word<Element>* probabilities =
      pair_all_rows(scratch.probabilities.get(), count, width, kTileStride, scratch.probability_words.get());
  const Word<Element>* dscores =
      pair_all_rows(scratch.dscores.get(), count, width, kTileStride, scratch.dscore_words.get());
  // Keys in blocks, each over the rows between the first and the last block that sees it.
  for (int64_t p = 0; p < end - begin; p += kRowBlock) {
    const int64_t positions = std::min(kRowBlock, end - begin - p);
    int64_t first = count, last = 0;
    for (int64_t r = 0; r < count; r += kRowBlock) {
      const Visible& part = parts[r / kRowBlock];
      if (part.begin >= p + positions || part.end <= p) continue;
      first = std::min(first, r);
      last = std::min(r + kRowBlock, count);
    }
    if (first >= last) continue;
    const int64_t offset = first / kWord * kTileStride + p;
    const int64_t depth = in_words<Element>(last - first);
    add_product<Word<Element>>({dscores + offset, 1, kTileStride}, {queries + first / kWord * padded, padded},
                               {scratch.dkey.get() + p * padded, padded}, positions, padded, depth);
    add_product<Word<Element>>({probabilities + offset, 1, kTileStride}, {dys + first / kWord * padded, padded},
                               {scratch.dvalue.get() + p * padded, padded}, positions, padded, depth);
  }
}

template <typename Element>
void backward_group(const Backward& in, const QueryGroup& group, int64_t kv_head, BackwardScratch<Element>& scratch) {
  const int64_t padded = padded_size<Element>(in.size);
  const int64_t heads = in.query_heads();
  const int64_t row_stride = in.num_kv_heads * in.size;
  std::memset(scratch.dquery.get(), 0, heads * kGroupQueries * padded * sizeof(float));
  for (int64_t begin = 0; begin < group.num_positions; begin += kTilePositions) {
    const int64_t end = std::min<int64_t>(begin + kTilePositions, group.num_positions);
    pack_rows(in.key, group, begin, end, kv_head, in.size, scratch.key_rows.get());
    transpose_rows(scratch.key_rows.get(), end - begin, in.size, scratch.key_columns.get());
    const Word<Element>* keys = pair_all_rows(scratch.key_rows.get(), end - begin, padded, padded, scratch.key_words.get());
    pack_rows(in.value, group, begin, end, kv_head, in.size, scratch.value_rows.get());
    transpose_rows(scratch.value_rows.get(), end - begin, in.size, scratch.value_columns.get());
    std::memset(scratch.dkey.get(), 0, (end - begin) * padded * sizeof(float));
    std::memset(scratch.dvalue.get(), 0, (end - begin) * padded * sizeof(float));
    for (int64_t h = 0; h < heads; ++h) backward_head(in, group, kv_head * heads + h, begin, end, keys, scratch);
    add_rows(group, begin, end, scratch.dkey.get(), padded, in.scale, in.dkey + kv_head * in.size, in.size, row_stride);
    add_rows(group, begin, end, scratch.dvalue.get(), padded, 1.0f, in.dvalue + kv_head * in.size, in.size, row_stride);
  }
  for (int64_t h = 0; h < heads; ++h) {
    const float* dquery = scratch.dquery.get() + h * kGroupQueries * padded;
    for (int64_t r = 0; r < group.end - group.begin; ++r) {
      in.dquery.write(group.begin + r, kv_head * heads + h, dquery + r * padded, in.scale);
    }
  }
}

}  // namespace

std::vector<Tensor> attention_grad(const Stored& dy, const Stored& query, const Stored& key, const Stored& value,
                                   const Stored& output, const Tensor& log_sum_exp, Int32Span key_ranges, double scale,
                                   Precision precision) {
  const Tensor q = with_contiguous_rows(query.tensor());
  const Tensor k = with_contiguous_rows(key.tensor());
  const Tensor v = with_contiguous_rows(value.tensor());
  const Tensor y = with_contiguous_rows(output.tensor());
  const Tensor gradient = with_contiguous_rows(dy.tensor());
  const auto type = activation_type(precision);
  const Tensor dq = at::empty(q.sizes(), q.options().dtype(type), at::MemoryFormat::Contiguous);
  const Tensor dk = at::zeros(k.sizes(), at::kFloat);
  const Tensor dv = at::zeros(v.sizes(), at::kFloat);
  const int64_t size = q.size(2);
  const Backward in{HeadRows(q),
                    HeadRows(k),
                    HeadRows(v),
                    HeadRows(y),
                    HeadRows(gradient),
                    HeadRows(dq),
                    data_of<float>(dk),
                    data_of<float>(dv),
                    data_of<float>(log_sum_exp),
                    size,
                    q.size(1),
                    k.size(1),
                    static_cast<float>(scale)};
  const auto plan = remembered_plan(key_ranges, k.size(0), kGroupQueries);
  const int64_t kv_heads = k.size(1);
  const auto components = static_cast<int64_t>(plan->components.size());
  with_element(precision, [&](auto element) {
    parallel_for(components * kv_heads, 1, [&](int64_t begin, int64_t end) {
      BackwardScratch<decltype(element)> scratch(size, in.query_heads());
      for (int64_t item = begin; item < end; ++item) {
        for (const int32_t group : plan->components[item / kv_heads])
          backward_group(in, plan->groups[group], item % kv_heads, scratch);
      }
    });
  });
  return {dq, dk.to(type), dv.to(type)};
}

}  // namespace interfuse
