// Packing for attention: heads of [rows, heads, K] tensors to and from float32 scratch, for one group of queries and
// one tile of its key positions.
#pragma once

#include <cstdlib>
#include <memory>

#include "attention_plan.h"
#include "storage.h"

namespace interfuse {

constexpr int64_t kTilePositions = 256;
/// Distance between rows of a tile in floats; not a power of two, or rows would fall on the same cache lines.
constexpr int64_t kTileStride = kTilePositions + kLanes;
constexpr int32_t kGroupQueries = 96;
constexpr int64_t kRowBlock = 6;

inline int64_t round_up(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

/// Cache-line aligned floats, zero at first.
class Scratch {
 public:
  explicit Scratch(int64_t size)
      : data_(static_cast<float*>(std::aligned_alloc(64, round_up(size + 1) * sizeof(float)))) {
    std::memset(data_.get(), 0, size * sizeof(float));
  }
  float* get() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* data) const { std::free(data); }
  };
  std::unique_ptr<float, Free> data_;
};

/// A [rows, heads, K] tensor in either storage type, read or written one head row at a time.
class HeadRows {
 public:
  explicit HeadRows(const Tensor& tensor)
      : data_(is_bfloat16(tensor) ? static_cast<void*>(data_of<Bfloat16>(tensor)) : data_of<float>(tensor)),
        is_bfloat16_(is_bfloat16(tensor)),
        row_stride_(tensor.stride(0)),
        head_stride_(tensor.stride(1)),
        size_(tensor.size(2)) {}

  void read(int64_t row, int64_t head, float* to, float factor = 1.0f) const {
    if (is_bfloat16_) {
      copy(at<const Bfloat16>(row, head), to, factor);
    } else {
      copy(at<const float>(row, head), to, factor);
    }
  }

  void write(int64_t row, int64_t head, const float* from, float factor) const {
    if (is_bfloat16_) {
      copy(from, at<Bfloat16>(row, head), factor);
    } else {
      copy(from, at<float>(row, head), factor);
    }
  }

 private:
  template <typename T>
  T* at(int64_t row, int64_t head) const {
    return static_cast<T*>(data_) + row * row_stride_ + head * head_stride_;
  }
  template <typename From, typename To>
  void copy(const From* from, To* to, float factor) const {
    for_each_run(size_, [&](int64_t i, int64_t n) { store_run(to + i, load_run(from + i, n) * factor, n); });
  }

  void* data_;
  bool is_bfloat16_;
  int64_t row_stride_, head_stride_, size_;
};

/// Calls `body(position in tile, key)` for the positions [begin, end) of a group.
template <typename Body>
void for_each_key(const QueryGroup& group, int64_t begin, int64_t end, Body body) {
  for (const KeyInterval& interval : group.keys) {
    const int64_t length = interval.end - interval.begin;
    const int64_t from = std::max<int64_t>(begin, interval.position);
    const int64_t to = std::min<int64_t>(end, interval.position + length);
    for (int64_t p = from; p < to; ++p) body(p - begin, interval.begin + p - interval.position);
  }
}

/// Keys or values of a tile as rows [positions][padded K].
inline void pack_rows(const HeadRows& source, const QueryGroup& group, int64_t begin, int64_t end, int64_t head,
                      int64_t size, float* rows) {
  const int64_t padded = round_up(size);
  for_each_key(group, begin, end,
               [&](int64_t position, int64_t key) { source.read(key, head, rows + position * padded); });
}

/// The rows [count][padded K] as columns [padded K][kTileStride]; columns past `count` hold what lay there.
inline void transpose_rows(const float* rows, int64_t count, int64_t size, float* columns) {
  const int64_t padded = round_up(size);
  for (int64_t position = 0; position < count; position += kLanes) {
    for (int64_t k = 0; k < padded; k += kLanes) {
      transpose_block(rows + position * padded + k, padded, columns + k * kTileStride + position, kTileStride);
    }
  }
}

/// The visible part of a tile for a block of rows, widened to whole vectors: [begin, end) in the tile.
struct Visible {
  int64_t begin;
  int64_t end;
};

inline Visible visible_part(const VisibleRow* rows, int64_t count, int64_t tile_begin, int64_t tile_end) {
  int64_t first = tile_end, last = tile_begin;
  for (int64_t r = 0; r < count; ++r) {
    if (rows[r].empty()) continue;
    first = std::min<int64_t>(first, rows[r].first());
    last = std::max<int64_t>(last, rows[r].last());
  }
  first = std::max(first, tile_begin);
  last = std::min(last, tile_end);
  if (first >= last) return {0, 0};
  return {(first - tile_begin) / kLanes * kLanes, round_up(last - tile_begin)};
}

/// Sets the scores of [visible.begin, visible.end) that `row` does not see to `value`.
inline void mask_row(float* scores, const VisibleRow& row, Visible visible, int64_t tile_begin, float value) {
  const auto in_tile = [&](int64_t position) { return std::clamp(position - tile_begin, visible.begin, visible.end); };
  const int64_t a0 = in_tile(row.a0), a1 = in_tile(row.a1), b0 = in_tile(row.b0), b1 = in_tile(row.b1);
  int64_t at = visible.begin;
  if (a0 < a1) {
    std::fill(scores + at, scores + a0, value);
    at = a1;
  }
  if (b0 < b1) {
    std::fill(scores + at, scores + b0, value);
    at = b1;
  }
  std::fill(scores + at, scores + visible.end, value);
}

}  // namespace interfuse
