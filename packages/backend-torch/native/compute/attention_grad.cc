
#include <array>

#include "attention.h"
#include "attention_products.h"
#include "new_tensor.h"
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
        block_probabilities(kRowBlock<Element> * kTileStride),
        block_dscores(kRowBlock<Element> * kTileStride),
        dquery(query_heads * kGroupQueries * padded),
        dkey(kTilePositions * padded),
        dvalue(kTilePositions * padded) {}
  Scratch<Element> query, dy, key_rows, value_rows, probabilities, dscores;
  Scratch<Word<Element>> query_words, dy_words, key_columns, value_columns, key_words, probability_words, dscore_words;
  Scratch<float> block_probabilities, block_dscores, dquery, dkey, dvalue;
  /// Sums over the groups of a component, [its positions][padded K].
  std::vector<float> dkey_sums, dvalue_sums;
};

struct Backward {
  HeadRows query, key, value, output, dy, dquery, dkey, dvalue;
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
  const int64_t used = round_up(tile_end - tile_begin, kPositionUnit<Element>);
  float* scores = scratch.block_probabilities.get();
  float* gradients = scratch.block_dscores.get();
  if (visible.begin < visible.end) {
    const int64_t width = visible.end - visible.begin;
    multiply_rows<false>(LeftRows<Element>{scratch.query.get() + r * padded, padded},
                         Panel<const Word<Element>>{scratch.key_columns.get() + visible.begin, kTileStride},
                         Panel<float>{scores + visible.begin, kTileStride}, rows, width, in.size);
    multiply_rows<false>(LeftRows<Element>{scratch.dy.get() + r * padded, padded},
                         Panel<const Word<Element>>{scratch.value_columns.get() + visible.begin, kTileStride},
                         Panel<float>{gradients + visible.begin, kTileStride}, rows, width, in.size);
  }
  for (int64_t i = 0; i < rows; ++i) {
    Element* probabilities = scratch.probabilities.get() + (r + i) * kTileStride;
    Element* dscores = scratch.dscores.get() + (r + i) * kTileStride;
    for (Element* row : {probabilities, dscores}) {
      std::fill(row, row + visible.begin, Element{});
      std::fill(row + visible.end, row + used, Element{});
    }
    const float total = in.log_sum_exp[(group.begin + r + i) * in.num_heads + head];
    for (int64_t p = visible.begin; p < visible.end; p += kLanes) {
      const Vector e = exponential(load(scores + i * kTileStride + p) * in.scale - total);
      const Vector probability = seen_from(group.rows[r + i], tile_begin + p) ? e : Vector{};
      store(probabilities + p, probability);
      store(dscores + p, probability * (load(gradients + i * kTileStride + p) - dots[r + i]));
    }
  }
}

/// Adds what a tile of a group gave its keys to the sums of its component, whose first key is `first_key`.
void add_rows(const QueryGroup& group, int64_t begin, int64_t end, const float* from, int64_t padded, int64_t first_key,
              float* sums) {
  for_each_key(group.keys, begin, end, [&](int64_t position, int64_t key) {
    float* sum = sums + (key - first_key) * padded;
    const float* added = from + position * padded;
    for (int64_t k = 0; k < padded; k += kLanes) store(sum + k, load(sum + k) + load(added + k));
  });
}

template <typename Element>
void backward_head(const Backward& in, const QueryGroup& group, int64_t head, int64_t begin, int64_t end,
                   const Word<Element>* keys, BackwardScratch<Element>& scratch) {
  constexpr int64_t kWord = kElementsPerWord<Element>;
  constexpr int64_t kBlock = kRowBlock<Element>;
  const int64_t count = group.end - group.begin;
  const int64_t summed = round_up(count, kDepthUnit<Element>);
  const int64_t padded = padded_size<Element>(in.size);
  float* dquery = scratch.dquery.get() + head % in.query_heads() * kGroupQueries * padded;
  float dots[kGroupQueries];
  for (int64_t r = 0; r < count; ++r) {
    in.query.read(group.begin + r, head, scratch.query.get() + r * padded);
    in.dy.read(group.begin + r, head, scratch.dy.get() + r * padded);
  }
  // Rows that are summed over beyond the last one, the other half of an odd one at least.
  for (Element* rows : {scratch.query.get(), scratch.dy.get()}) {
    std::fill_n(rows + count * padded, (summed - count) * padded, Element{});
  }
  for (Element* rows : {scratch.probabilities.get(), scratch.dscores.get()}) {
    std::fill_n(rows + count * kTileStride, (summed - count) * kTileStride, Element{});
  }
  row_dots(in, group, head, scratch.dy.get(), dots);
  Visible parts[kGroupQueries / kBlock + 1];
  for (int64_t r = 0; r < count; r += kBlock) {
    const int64_t rows = std::min(kBlock, count - r);
    const Visible visible = parts[r / kBlock] = visible_part<Element>(group.rows.data() + r, rows, begin, end);
    recompute_block(in, group, head, r, rows, visible, begin, end, dots, scratch);
    if (visible.begin >= visible.end) continue;
    multiply_rows<true>(LeftRows<Element>{scratch.dscores.get() + r * kTileStride + visible.begin, kTileStride},
                        Panel<const Word<Element>>{keys + visible.begin / kWord * padded, padded},
                        Panel<float>{dquery + r * padded, padded}, rows, padded,
                        std::min(visible.end, end - begin) - visible.begin);
  }
  const Panel<const Word<Element>> queries{
      pair_all_rows(scratch.query.get(), summed, padded, padded, scratch.query_words.get()), padded};
  const Panel<const Word<Element>> dys{
      pair_all_rows(scratch.dy.get(), summed, padded, padded, scratch.dy_words.get()), padded};
  const int64_t width = round_up(end - begin, kPositionUnit<Element>);
  const auto probabilities =
      transposed_rows(scratch.probabilities.get(), count, width, scratch.probability_words.get());
  const auto dscores = transposed_rows(scratch.dscores.get(), count, width, scratch.dscore_words.get());
  // Keys in blocks, each over the rows between the first and the last block that sees it.
  for (int64_t p = 0; p < end - begin; p += kBlock) {
    const int64_t positions = std::min(kBlock, end - begin - p);
    int64_t first = count, last = 0;
    for (int64_t r = 0; r < count; r += kBlock) {
      const Visible& part = parts[r / kBlock];
      if (part.begin >= p + positions || part.end <= p) continue;
      first = std::min(first, r);
      last = std::min(r + kBlock, count);
    }
    if (first >= last) continue;
    const TransposedPart part{p, positions, first, last - first};
    add_transposed(dscores, queries, Panel<float>{scratch.dkey.get(), padded}, part);
    add_transposed(probabilities, dys, Panel<float>{scratch.dvalue.get(), padded}, part);
  }
}

template <typename Element>
void backward_group(const Backward& in, const QueryGroup& group, int64_t kv_head, int64_t first_key,
                    BackwardScratch<Element>& scratch) {
  const int64_t padded = padded_size<Element>(in.size);
  const int64_t heads = in.query_heads();
  std::memset(scratch.dquery.get(), 0, heads * kGroupQueries * padded * sizeof(float));
  for (int64_t begin = 0; begin < group.num_positions; begin += kTilePositions) {
    const int64_t end = std::min<int64_t>(begin + kTilePositions, group.num_positions);
    pack_rows(in.key, group, begin, end, kv_head, in.size, scratch.key_rows.get());
    transpose_rows(scratch.key_rows.get(), end - begin, in.size, scratch.key_columns.get());
    const Word<Element>* keys = pair_all_rows(scratch.key_rows.get(), round_up(end - begin, kDepthUnit<Element>), padded,
                                              padded, scratch.key_words.get());
    pack_rows(in.value, group, begin, end, kv_head, in.size, scratch.value_rows.get());
    transpose_rows(scratch.value_rows.get(), end - begin, in.size, scratch.value_columns.get());
    std::memset(scratch.dkey.get(), 0, (end - begin) * padded * sizeof(float));
    std::memset(scratch.dvalue.get(), 0, (end - begin) * padded * sizeof(float));
    for (int64_t h = 0; h < heads; ++h) backward_head(in, group, kv_head * heads + h, begin, end, keys, scratch);
    add_rows(group, begin, end, scratch.dkey.get(), padded, first_key, scratch.dkey_sums.data());
    add_rows(group, begin, end, scratch.dvalue.get(), padded, first_key, scratch.dvalue_sums.data());
  }
  for (int64_t h = 0; h < heads; ++h) {
    const float* dquery = scratch.dquery.get() + h * kGroupQueries * padded;
    for (int64_t r = 0; r < group.end - group.begin; ++r) {
      in.dquery.write(group.begin + r, kv_head * heads + h, dquery + r * padded, in.scale);
    }
  }
}

template <typename Element>
void backward_component(const Backward& in, const AttentionPlan& plan, const Component& component, int64_t kv_head,
                        BackwardScratch<Element>& scratch) {
  const int64_t padded = padded_size<Element>(in.size);
  const int64_t positions = component.num_positions();
  const int64_t first_key = component.keys.empty() ? 0 : component.keys.front().begin;
  scratch.dkey_sums.assign(positions * padded, 0.0f);
  scratch.dvalue_sums.assign(positions * padded, 0.0f);
  for (const int32_t group : component.groups) backward_group(in, plan.groups[group], kv_head, first_key, scratch);
  for_each_key(component.keys, 0, positions, [&](int64_t position, int64_t key) {
    in.dkey.write(key, kv_head, scratch.dkey_sums.data() + position * padded, in.scale);
    in.dvalue.write(key, kv_head, scratch.dvalue_sums.data() + position * padded, 1.0f);
  });
}

/// Gradients of query, key and value: neighbours in one memory, as the projection had them before it was split, where they
/// have as many rows.
std::array<Tensor, 3> empty_gradients(const Tensor& query, const Tensor& key, at::ScalarType type) {
  const int64_t heads = query.size(1), kv_heads = key.size(1);
  if (query.size(0) != key.size(0)) {
    return {empty_tensor(query.sizes(), type), empty_tensor(key.sizes(), type), empty_tensor(key.sizes(), type)};
  }
  const Tensor all = empty_tensor({query.size(0), heads + 2 * kv_heads, query.size(2)}, type);
  return {all.narrow(1, 0, heads), all.narrow(1, heads, kv_heads), all.narrow(1, heads + kv_heads, kv_heads)};
}

bool sees_all_keys(const AttentionPlan& plan, int64_t num_keys) {
  int64_t seen = 0;
  for (const Component& component : plan.components) {
    for (const KeyInterval& keys : component.keys) seen += keys.end - keys.begin;
  }
  return seen == num_keys;
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
  const auto plan = remembered_plan(key_ranges, k.size(0), kGroupQueries);
  const auto [dq, dk, dv] = empty_gradients(q, k, activation_type(precision));
  if (!sees_all_keys(*plan, k.size(0))) {
    dk.zero_();
    dv.zero_();
  }
  const int64_t size = q.size(2);
  const Backward in{HeadRows(q),
                    HeadRows(k),
                    HeadRows(v),
                    HeadRows(y),
                    HeadRows(gradient),
                    HeadRows(dq),
                    HeadRows(dk),
                    HeadRows(dv),
                    data_of<float>(log_sum_exp),
                    size,
                    q.size(1),
                    k.size(1),
                    static_cast<float>(scale)};
  const int64_t kv_heads = k.size(1);
  const auto components = static_cast<int64_t>(plan->components.size());
  with_element(precision, [&](auto element) {
    parallel_for(components * kv_heads, 1, [&](int64_t begin, int64_t end) {
      [[maybe_unused]] const HeldTiles<decltype(element)> tiles;
      auto& scratch = thread_scratch<BackwardScratch<decltype(element)>>(size, in.query_heads());
      for (int64_t item = begin; item < end; ++item) {
        backward_component(in, *plan, plan->components[item / kv_heads], item % kv_heads, scratch);
      }
    });
  });
  return {dq, dk, dv};
}

}  // namespace interfuse
