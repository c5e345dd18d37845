#include "tiles.h"

#include <algorithm>

namespace interfuse {

namespace {

/// Sixteen words of one row, those from `count` on zero.
INTERFUSE_INLINE void copy_words(const Bfloat16Pair* from, int64_t count, Bfloat16Pair* to) {
  // Moved as floats, the bits stay what they are.
  store(reinterpret_cast<float*>(to), load_run(reinterpret_cast<const float*>(from), count));
}

constexpr int64_t kCacheLine = 64 / sizeof(Bfloat16);

}  // namespace

void tile_rows(const Bfloat16Pair* from, int64_t rows, int64_t steps, Bfloat16Pair* to) {
  const int64_t depth = tiles_of(steps);
  for (int64_t row = 0; row < rows; ++row) {
    Bfloat16Pair* row_to = to + (row / kTileRows * depth * kTileRows + row % kTileRows) * kTileRows;
    for_each_run(steps, [&](int64_t step, int64_t n) { copy_words(from + row * steps + step, n, row_to + step * kTileRows); });
  }
  for (int64_t row = rows; row < tiles_of(rows) * kTileRows; ++row) {
    Bfloat16Pair* row_to = to + (row / kTileRows * depth * kTileRows + row % kTileRows) * kTileRows;
    for (int64_t tile = 0; tile < depth; ++tile) std::fill_n(row_to + tile * kTileWords, kTileRows, Bfloat16Pair{0});
  }
}

void tile_columns(const Bfloat16* from, int64_t stride, int64_t rows, int64_t columns, Bfloat16Pair* to) {
  constexpr int64_t kRowsOfTile = 2 * kTileRows;
  alignas(64) const Bfloat16 zeros[kLanes] = {};
  const int64_t depth = tiles_of((rows + 1) / 2);
  for (int64_t tile = 0; tile < depth; ++tile) {
    const Bfloat16* rows_from = from + tile * kRowsOfTile * stride;
    const int64_t count = std::min(kRowsOfTile, rows - tile * kRowsOfTile);
    for (int64_t column = 0; column < columns; column += kTileRows) {
      // The next tiles' rows: they lie too far apart for the processor to guess them.
      if (column % kCacheLine == 0) {
        for (int64_t r = 0; r < kRowsOfTile; ++r) __builtin_prefetch(rows_from + (kRowsOfTile + r) * stride + column);
      }
      const auto row_at = [&](int64_t row) { return row < count ? rows_from + row * stride + column : zeros; };
      tile_of_columns(row_at, std::min(kTileRows, columns - column),
                      to + (column / kTileRows * depth + tile) * kTileWords, kTileRows);
    }
  }
}

}  // namespace interfuse
