// Operands of products on the matrix unit. The left one is packed into tiles [row tile][step tile][row][word], zero where
// there is no data; the right one's panels are tiles already.
#pragma once

#include <algorithm>

#include "bfloat16_panels.h"

namespace interfuse {

constexpr int64_t kTileWords = kTileRows * kTileRows;

/// How many tiles hold `count` rows or steps.
inline int64_t tiles_of(int64_t count) { return divided_up(count, kTileRows); }

/// Rows of `steps` words each.
void tile_rows(const Bfloat16Pair* from, int64_t rows, int64_t steps, Bfloat16Pair* to);

/// Columns of a [rows, stride] matrix as rows of pairs of its rows.
void tile_columns(const Bfloat16* from, int64_t stride, int64_t rows, int64_t columns, Bfloat16Pair* to);

/// Up to sixteen columns of 32 rows as tile rows of pairs of rows, `stride` words apart; `row_at(i)` is the i-th row.
template <typename RowAt>
INTERFUSE_INLINE void tile_of_columns(RowAt row_at, int64_t columns, Bfloat16Pair* to, int64_t stride) {
  alignas(64) Bfloat16Pair pairs[kTileWords];
  for (int64_t step = 0; step < kTileRows; ++step) {
    Bfloat16Pair* row = pairs + step * kTileRows;
    pair_rows(row_at(2 * step), row_at(2 * step + 1), columns, row);
    std::fill(row + columns, row + kTileRows, Bfloat16Pair{0});
  }
  transpose_block(reinterpret_cast<const float*>(pairs), kTileRows, reinterpret_cast<float*>(to), stride);
}

#ifdef __AMX_BF16__

/// The tiles from a row tile on, of `depth` tiles of steps.
INTERFUSE_INLINE TileRow left_tiles(const Bfloat16Pair* tiles, int64_t row_tile, int64_t depth) {
  return {tiles + row_tile * depth * kTileWords, kTileRows, kTileWords, depth * kTileWords};
}

/// The tiles of a right operand from a column and step on, both at the start of one.
INTERFUSE_INLINE TileRow right_tiles(const Panels& panels, int64_t column, int64_t step) {
  return {panels.panel(column / kPanelWidth) + step * kPanelWidth, kTileRows, kTileWords,
          panels.stored_steps() * kPanelWidth};
}

#endif

}  // namespace interfuse
