// Packing for attention: heads of [rows, heads, K] tensors to and from scratch memory, for one group of queries and one
// tile of its key positions. `Element` is what products multiply: float, or bfloat16 where the processor can.
#pragma once

#include <type_traits>

#include "attention_plan.h"
#include "matrix_unit.h"
#include "scratch.h"
#include "storage.h"

namespace interfuse {

constexpr int64_t kTilePositions = 256;
/// Distance between rows of a tile; not a power of two, or rows would fall on the same cache lines.
constexpr int64_t kTileStride = kTilePositions + 2 * kLanes;
constexpr int32_t kGroupQueries = 96;

/// Whether the matrix unit multiplies these.
template <typename Element>
constexpr bool kInTiles = kHasMatrixUnit && std::is_same_v<Element, Bfloat16>;
/// Rows that are computed together; even, so that no pair of rows is torn apart.
template <typename Element>
constexpr int64_t kRowBlock = kInTiles<Element> ? kTiledBlock : 6;
/// Positions are computed in multiples of this; those without data are zeros.
template <typename Element>
constexpr int64_t kPositionUnit = kInTiles<Element> ? kTiledBlock : kLanes;
/// Rows that are summed over come in multiples of this.
template <typename Element>
constexpr int64_t kDepthUnit = kInTiles<Element> ? kTiledBlock : kElementsPerWord<Element>;

inline int64_t round_up(int64_t n, int64_t multiple = kLanes) { return (n + multiple - 1) / multiple * multiple; }

/// The head dimension as scratch rows have it: whole vectors of words.
template <typename Element>
int64_t padded_size(int64_t size) {
  return round_up(size, kLanes * kElementsPerWord<Element>);
}

/// Elements that follow each other, as words.
template <typename Element>
const Word<Element>* as_words(const Element* elements) {
  return reinterpret_cast<const Word<Element>*>(elements);
}

/// A [rows, heads, K] tensor in either storage type, read or written one head row at a time.
class HeadRows {
 public:
  explicit HeadRows(const Tensor& tensor)
      : data_(is_bfloat16(tensor) ? static_cast<void*>(data_of<Bfloat16>(tensor)) : data_of<float>(tensor)),
        is_bfloat16_(is_bfloat16(tensor)),
        row_stride_(tensor.stride(0)),
        head_stride_(tensor.stride(1)),
        size_(tensor.size(2)) {}

  template <typename To>
  void read(int64_t row, int64_t head, To* to) const {
    if (is_bfloat16_) {
      read_from(at<const Bfloat16>(row, head), to);
    } else {
      read_from(at<const float>(row, head), to);
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
  void read_from(const From* from, To* to) const {
    if constexpr (std::is_same_v<From, To>) {
      std::memcpy(static_cast<void*>(to), from, size_ * sizeof(To));
    } else {
      copy(from, to, 1.0f);
    }
  }
  template <typename From, typename To>
  void copy(const From* from, To* to, float factor) const {
    for_each_run(size_, [&](int64_t i, int64_t n) { store_run(to + i, load_run(from + i, n) * factor, n); });
  }

  void* data_;
  bool is_bfloat16_;
  int64_t row_stride_, head_stride_, size_;
};

/// Calls `body(position - begin, key)` for the positions [begin, end) of a group or component.
template <typename Body>
void for_each_key(const std::vector<KeyInterval>& keys, int64_t begin, int64_t end, Body body) {
  for (const KeyInterval& interval : keys) {
    const int64_t length = interval.end - interval.begin;
    const int64_t from = std::max<int64_t>(begin, interval.position);
    const int64_t to = std::min<int64_t>(end, interval.position + length);
    for (int64_t p = from; p < to; ++p) body(p - begin, interval.begin + p - interval.position);
  }
}

/// Keys or values of a tile as rows [positions][padded K], with rows of zeros up to a multiple of positions, at least one.
template <typename Element>
void pack_rows(const HeadRows& source, const QueryGroup& group, int64_t begin, int64_t end, int64_t head, int64_t size,
               Element* rows) {
  const int64_t padded = padded_size<Element>(size);
  for_each_key(group.keys, begin, end,
               [&](int64_t position, int64_t key) { source.read(key, head, rows + position * padded); });
  const int64_t count = end - begin;
  const int64_t cleared = std::max(round_up(count, kPositionUnit<Element>), count + 1) - count;
  std::memset(static_cast<void*>(rows + count * padded), 0, cleared * padded * sizeof(Element));
}

/// The rows [count][padded K], up to a multiple of positions, as columns of words [padded K in words][kTileStride].
template <typename Element>
void transpose_rows(const Element* rows, int64_t count, int64_t size, Word<Element>* columns) {
  const int64_t words = padded_size<Element>(size) / kElementsPerWord<Element>;
  const float* from = reinterpret_cast<const float*>(rows);
  float* to = reinterpret_cast<float*>(columns);
  for (int64_t position = 0; position < round_up(count, kPositionUnit<Element>); position += kLanes) {
    for (int64_t k = 0; k < words; k += kLanes) {
      transpose_block(from + position * words + k, words, to + k * kTileStride + position, kTileStride);
    }
  }
}

/// Rows [count] of `width` at a distance of `stride`, as words along the rows, [count in words] of `width` words at the
/// same distance; the row after the last is read if count is odd. Single floats are words already.
inline const float* pair_all_rows(const float* rows, int64_t, int64_t, int64_t, float*) { return rows; }
inline const Bfloat16Pair* pair_all_rows(const Bfloat16* rows, int64_t count, int64_t width, int64_t stride,
                                         Bfloat16Pair* to) {
  for (int64_t r = 0; r < count; r += 2) {
    pair_rows(rows + r * stride, rows + (r + 1) * stride, width, to + r / 2 * stride);
  }
  return to;
}

/// A number of elements in words, the last one maybe half empty.
template <typename Element>
int64_t in_words(int64_t count) {
  return (count + kElementsPerWord<Element> - 1) / kElementsPerWord<Element>;
}

/// The visible part of a tile for a block of rows, widened to multiples of positions: [begin, end) in the tile.
struct Visible {
  int64_t begin;
  int64_t end;
};

template <typename Element>
Visible visible_part(const VisibleRow* rows, int64_t count, int64_t tile_begin, int64_t tile_end) {
  int64_t first = tile_end, last = tile_begin;
  for (int64_t r = 0; r < count; ++r) {
    if (rows[r].empty()) continue;
    first = std::min<int64_t>(first, rows[r].first());
    last = std::max<int64_t>(last, rows[r].last());
  }
  first = std::max(first, tile_begin);
  last = std::min(last, tile_end);
  if (first >= last) return {0, 0};
  constexpr int64_t kUnit = kPositionUnit<Element>;
  return {(first - tile_begin) / kUnit * kUnit, round_up(last - tile_begin, kUnit)};
}

/// For each of sixteen positions from `first` on, whether a row sees it.
INTERFUSE_INLINE auto seen_from(const VisibleRow& row, int64_t first) {
  using Positions = uint32_t __attribute__((vector_size(64)));
  const Positions lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const Positions position = lanes + static_cast<uint32_t>(first);
  const auto within = [&](int32_t begin, int32_t end) {
    return position - static_cast<uint32_t>(begin) < static_cast<uint32_t>(end - begin);
  };
  return within(row.a0, row.a1) | within(row.b0, row.b1);
}

/// Calls `body(Element{})` with what products multiply in `precision` on this processor.
template <typename Body>
void with_element(Precision precision, Body body) {
  if constexpr (kMultipliesBfloat16) {
    const bool allowed = !kHasMatrixUnit || may_use_matrix_unit();
    if (precision == Precision::kBfloat16 && allowed) return body(Bfloat16{});
  }
  body(float{});
}

/// A [rows, heads, K] tensor with contiguous rows.
inline Tensor with_contiguous_rows(const Tensor& tensor) { return tensor.stride(2) == 1 ? tensor : tensor.contiguous(); }

}  // namespace interfuse
