// Products of attention's packed rows, by what multiplies `Element`: vectors in registers, or the processor's matrix unit.
#pragma once

#include "attention_tile.h"
#include "block_product.h"
#include "tiles.h"

namespace interfuse {

/// What a thread holds while it computes attention.
struct NoTiles {};
#ifdef __AMX_BF16__
template <typename Element>
using HeldTiles = std::conditional_t<kInTiles<Element>, WholeTiles, NoTiles>;
#else
template <typename Element>
using HeldTiles = NoTiles;
#endif

/// Rows [.., depth] of elements, `stride` apart.
template <typename Element>
struct LeftRows {
  const Element* data;
  int64_t stride;
};

/// to = or += left right, for up to `kRowBlock` rows and `width` columns, whole vectors of them. In tiles, rows are computed
/// in sixteens: memory for them must be there.
template <bool Adds, typename Element>
void multiply_rows(LeftRows<Element> left, Panel<const Word<Element>> right, Panel<float> to, int64_t rows, int64_t width,
                   int64_t depth) {
  const LeftOperand<Word<Element>> words{as_words(left.data), left.stride / kElementsPerWord<Element>, 1};
  detail::product<Adds>(words, right, to, rows, width, in_words<Element>(depth));
}

/// Rows as columns of the same extent: what `add_transposed` takes as its left operand.
template <typename Element>
const Word<Element>* transposed_rows(const Element* rows, int64_t count, int64_t width, Word<Element>* scratch) {
  return pair_all_rows(rows, count, width, kTileStride, scratch);
}

/// Rows [first, first + depth) of right, times positions [position, position + positions) of left, added to those rows of `to`.
struct TransposedPart {
  int64_t position, positions, first, depth;
};

template <typename W>
void add_transposed(const W* left, Panel<const W> right, Panel<float> to, const TransposedPart& part) {
  constexpr int64_t kRows = std::is_same_v<W, Bfloat16Pair> ? 2 : 1;  // in a word
  const int64_t first = part.first / kRows;
  add_product<W>({left + first * kTileStride + part.position, 1, kTileStride},
                 {right.data + first * right.stride, right.stride}, {to.data + part.position * to.stride, to.stride},
                 part.positions, to.stride, (part.depth + kRows - 1) / kRows);
}

#ifdef __AMX_BF16__

INTERFUSE_INLINE TileRow right_tiles(Panel<const Bfloat16Pair> right, int64_t column) {
  return {right.data + column, right.stride, kTileRows * right.stride, kTileRows};
}

template <bool Adds>
void multiply_rows(LeftRows<Bfloat16> left, Panel<const Bfloat16Pair> right, Panel<float> to, int64_t rows,
                   int64_t width, int64_t depth) {
  const int64_t stride = left.stride / 2;
  for (int64_t column = 0; column < width; column += kTiledBlock) {
    tile_product<Adds>(rows, width - column, TileRow{as_words(left.data), stride, kTileRows, kTileRows * stride},
                       right_tiles(right, column), tiles_of(in_words<Bfloat16>(depth)), to.data + column, to.stride,
                       [](int64_t) {});
  }
}

struct TransposedTiles {
  const Bfloat16Pair* data;
  int64_t depth;
};

inline TransposedTiles transposed_rows(const Bfloat16* rows, int64_t count, int64_t width, Bfloat16Pair* scratch) {
  tile_columns(rows, kTileStride, count, width, scratch);
  return {scratch, tiles_of(in_words<Bfloat16>(count))};
}

inline void add_transposed(const TransposedTiles& left, Panel<const Bfloat16Pair> right, Panel<float> to,
                           const TransposedPart& part) {
  TileRow tiles = left_tiles(left.data, part.position / kTileRows, left.depth);
  tiles.data += part.first / kTiledBlock * kTileWords;
  const int64_t first = part.first / kElementsPerWord<Bfloat16>;
  for (int64_t column = 0; column < to.stride; column += kTiledBlock) {
    tile_product<true>(part.positions, to.stride - column, tiles,
                       right_tiles({right.data + first * right.stride, right.stride}, column),
                       tiles_of(in_words<Bfloat16>(part.depth)), to.data + part.position * to.stride + column, to.stride,
                       [](int64_t) {});
  }
}

#endif

}  // namespace interfuse
