#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "attention.h"
#include "attention_tile.h"
#include "block_product.h"
#include "parallel.h"

namespace interfuse {

namespace {

struct BackwardScratch {
  BackwardScratch(int64_t size, int64_t query_heads)
      : query(kGroupQueries * round_up(size)),
        dy(kGroupQueries * round_up(size)),
        dquery(query_heads * kGroupQueries * round_up(size)),
        key_rows(kTilePositions * round_up(size)),
        value_rows(kTilePositions * round_up(size)),
        key_columns(round_up(size) * kTileStride),
        value_columns(round_up(size) * kTileStride),
        probabilities(kGroupQueries * kTileStride),
        dscores(kGroupQueries * kTileStride),
        dkey(kTilePositions * round_up(size)),
        dvalue(kTilePositions * round_up(size)) {}
  Scratch query, dy, dquery, key_rows, value_rows, key_columns, value_columns, probabilities, dscores, dkey, dvalue;
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
void row_dots(const Backward& in, const QueryGroup& group, int64_t head, const float* dy, float* dots) {
  const int64_t padded = round_up(in.size);
  alignas(64) float output[512] = {};
  for (int64_t r = 0; r < group.end - group.begin; ++r) {
    in.output.read(group.begin + r, head, output);
    Vector sum{};
    for (int64_t k = 0; k < padded; k += kLanes) sum += load(output + k) * load(dy + r * padded + k);
    dots[r] = sum_of(sum);
  }
}

/// Probabilities and score gradients of a block of rows, zero where a row sees nothing.
void recompute_block(const Backward& in, const QueryGroup& group, int64_t head, int64_t r, int64_t rows,
                     Visible visible, int64_t tile_begin, int64_t tile_end, const float* dots,
                     const BackwardScratch& scratch) {
  const int64_t padded = round_up(in.size);
  float* probabilities = scratch.probabilities.get() + r * kTileStride;
  float* dscores = scratch.dscores.get() + r * kTileStride;
  const size_t used = round_up(tile_end - tile_begin) * sizeof(float);
  for (int64_t i = 0; i < rows; ++i) {
    std::memset(probabilities + i * kTileStride, 0, used);
    std::memset(dscores + i * kTileStride, 0, used);
  }
  if (visible.begin >= visible.end) return;
  const int64_t width = visible.end - visible.begin;
  add_product({scratch.query.get() + r * padded, padded, 1}, {scratch.key_columns.get() + visible.begin, kTileStride},
              {probabilities + visible.begin, kTileStride}, rows, width, in.size);
  add_product({scratch.dy.get() + r * padded, padded, 1}, {scratch.value_columns.get() + visible.begin, kTileStride},
              {dscores + visible.begin, kTileStride}, rows, width, in.size);
  for (int64_t i = 0; i < rows; ++i) {
    float* p = probabilities + i * kTileStride;
    float* ds = dscores + i * kTileStride;
    const float total = in.log_sum_exp[(group.begin + r + i) * in.num_heads + head];
    mask_row(p, group.rows[r + i], visible, tile_begin, -1e30f);
    for (int64_t k = visible.begin; k < visible.end; k += kLanes) {
      const Vector probability = exponential(load(p + k) - total);
      store(p + k, probability);
      store(ds + k, probability * (load(ds + k) - dots[r + i]));
    }
  }
}

void add_rows(const QueryGroup& group, int64_t begin, int64_t end, const float* from, float* to, int64_t size,
              int64_t row_stride) {
  const int64_t padded = round_up(size);
  for_each_key(group, begin, end, [&](int64_t position, int64_t key) {
    float* row = to + key * row_stride;
    const float* added = from + position * padded;
    for_each_run(size,
                 [&](int64_t i, int64_t n) { store_run(row + i, load_run(row + i, n) + load_run(added + i, n), n); });
  });
}

void backward_head(const Backward& in, const QueryGroup& group, int64_t head, int64_t begin, int64_t end,
                   BackwardScratch& scratch) {
  const int64_t count = group.end - group.begin;
  const int64_t padded = round_up(in.size);
  float* dquery = scratch.dquery.get() + head % in.query_heads() * kGroupQueries * padded;
  float dots[kGroupQueries];
  for (int64_t r = 0; r < count; ++r) {
    in.query.read(group.begin + r, head, scratch.query.get() + r * padded, in.scale);
    in.dy.read(group.begin + r, head, scratch.dy.get() + r * padded);
  }
  row_dots(in, group, head, scratch.dy.get(), dots);
  Visible parts[kGroupQueries / kRowBlock + 1];
  for (int64_t r = 0; r < count; r += kRowBlock) {
    const int64_t rows = std::min(kRowBlock, count - r);
    const Visible visible = parts[r / kRowBlock] = visible_part(group.rows.data() + r, rows, begin, end);
    recompute_block(in, group, head, r, rows, visible, begin, end, dots, scratch);
    if (visible.begin >= visible.end) continue;
    const int64_t depth = std::min(visible.end, end - begin) - visible.begin;
    add_product({scratch.dscores.get() + r * kTileStride + visible.begin, kTileStride, 1},
                {scratch.key_rows.get() + visible.begin * padded, padded}, {dquery + r * padded, padded}, rows, padded,
                depth);
  }
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
    const int64_t offset = first * kTileStride + p;
    add_product({scratch.dscores.get() + offset, 1, kTileStride}, {scratch.query.get() + first * padded, padded},
                {scratch.dkey.get() + p * padded, padded}, positions, padded, last - first);
    add_product({scratch.probabilities.get() + offset, 1, kTileStride}, {scratch.dy.get() + first * padded, padded},
                {scratch.dvalue.get() + p * padded, padded}, positions, padded, last - first);
  }
}

void backward_group(const Backward& in, const QueryGroup& group, int64_t kv_head, BackwardScratch& scratch) {
  const int64_t padded = round_up(in.size);
  const int64_t heads = in.query_heads();
  const int64_t row_stride = in.num_kv_heads * in.size;
  std::memset(scratch.dquery.get(), 0, heads * kGroupQueries * padded * sizeof(float));
  for (int64_t begin = 0; begin < group.num_positions; begin += kTilePositions) {
    const int64_t end = std::min<int64_t>(begin + kTilePositions, group.num_positions);
    pack_rows(in.key, group, begin, end, kv_head, in.size, scratch.key_rows.get());
    transpose_rows(scratch.key_rows.get(), end - begin, in.size, scratch.key_columns.get());
    pack_rows(in.value, group, begin, end, kv_head, in.size, scratch.value_rows.get());
    transpose_rows(scratch.value_rows.get(), end - begin, in.size, scratch.value_columns.get());
    std::memset(scratch.dkey.get(), 0, (end - begin) * padded * sizeof(float));
    std::memset(scratch.dvalue.get(), 0, (end - begin) * padded * sizeof(float));
    for (int64_t h = 0; h < heads; ++h) backward_head(in, group, kv_head * heads + h, begin, end, scratch);
    add_rows(group, begin, end, scratch.dkey.get(), in.dkey + kv_head * in.size, in.size, row_stride);
    add_rows(group, begin, end, scratch.dvalue.get(), in.dvalue + kv_head * in.size, in.size, row_stride);
  }
  for (int64_t h = 0; h < heads; ++h) {
    const float* dquery = scratch.dquery.get() + h * kGroupQueries * padded;
    for (int64_t r = 0; r < group.end - group.begin; ++r) {
      in.dquery.write(group.begin + r, kv_head * heads + h, dquery + r * padded, in.scale);
    }
  }
}

Tensor with_contiguous_rows(const Tensor& tensor) { return tensor.stride(2) == 1 ? tensor : tensor.contiguous(); }

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
  const AttentionPlan plan = plan_attention(key_ranges.data, q.size(0), k.size(0), kGroupQueries);
  const int64_t kv_heads = k.size(1);
  const auto components = static_cast<int64_t>(plan.components.size());
  parallel_for(components * kv_heads, 1, [&](int64_t begin, int64_t end) {
    BackwardScratch scratch(size, in.query_heads());
    for (int64_t item = begin; item < end; ++item) {
      for (const int32_t group : plan.components[item / kv_heads])
        backward_group(in, plan.groups[group], item % kv_heads, scratch);
    }
  });
  return {dq, dk.to(type), dv.to(type)};
}

}  // namespace interfuse
