// The processor's matrix unit (Intel's AMX): products of tiles, sixteen rows of sixteen pairs of bfloat16 each.
#pragma once

#include "vector.h"

namespace interfuse {

#ifdef __AMX_BF16__
constexpr bool kHasMatrixUnit = true;
#else
constexpr bool kHasMatrixUnit = false;
#endif

/// Rows of a tile, and words of each.
constexpr int64_t kTileRows = 16;
/// Rows and columns that `tile_product` computes: two tiles each.
constexpr int64_t kTiledBlock = 2 * kTileRows;

/// Whether the system lets this process use the unit. It is asked once.
bool may_use_matrix_unit();

#ifdef __AMX_BF16__

/// While one lives, the calling thread's tiles are whole.
class WholeTiles {
 public:
  WholeTiles();
  ~WholeTiles();
  WholeTiles(const WholeTiles&) = delete;
  WholeTiles& operator=(const WholeTiles&) = delete;
};

/// Tiles of an operand along the axis that is summed over, and those of its second sixteen rows or columns; in words.
struct TileRow {
  const Bfloat16Pair* data;
  int64_t row_stride;  // between the rows of a tile
  int64_t next;        // from a tile to the next one that is summed over
  int64_t second;      // to the second sixteen rows of a left operand, columns of a right one

  void advance() { data += next; }
};

// GCC's own functions for these do not say that they read memory, which it then writes too late.
#define INTERFUSE_LOAD_TILE(tile, from, bytes) \
  asm volatile("tileloadd (%0,%1,1), %%tmm" #tile ::"r"(from), "r"(bytes) : "memory")
#define INTERFUSE_STORE_TILE(tile, to, bytes) \
  asm volatile("tilestored %%tmm" #tile ", (%0,%1,1)" ::"r"(to), "r"(bytes) : "memory")
#define INTERFUSE_CLEAR_TILE(tile) asm volatile("tilezero %%tmm" #tile ::)
#define INTERFUSE_MULTIPLY_TILES(sum, left, right) \
  asm volatile("tdpbf16ps %%tmm" #right ", %%tmm" #left ", %%tmm" #sum ::)

/// Asks for the lines of a tile. Loads that follow close on each other hold up the unit, and more so on a core that others use
/// (docs/experiments.md, "what the matrix unit waits for").
INTERFUSE_INLINE void prefetch_tile(const Bfloat16Pair* from, int64_t row_stride) {
#pragma GCC unroll 16
  for (int64_t row = 0; row < kTileRows; ++row) __builtin_prefetch(from + row * row_stride);
}

/// sums [16 Rows, 16 Columns] = or += left right, over `depth` tiles. Tiles are loaded when they are wanted and asked for
/// one step before, and `between(k)` after the k-th ones may compute what else there is to do, for which the unit does not wait.
/// A left operand whose tiles do not follow each other evenly may advance in its own way. @pre `WholeTiles`
template <int Rows, int Columns, bool Adds, typename Left, typename Between>
INTERFUSE_INLINE void tile_product(Left left, TileRow right, int64_t depth, float* sums, int64_t stride,
                                   Between between) {
  const int64_t left_bytes = left.row_stride * sizeof(Bfloat16Pair);
  const int64_t right_bytes = right.row_stride * sizeof(Bfloat16Pair);
  const int64_t bytes = stride * sizeof(float);
  float* lower = sums + kTileRows * stride;
  if constexpr (Adds) {
    INTERFUSE_LOAD_TILE(0, sums, bytes);
    if constexpr (Columns == 2) INTERFUSE_LOAD_TILE(1, sums + kTileRows, bytes);
    if constexpr (Rows == 2) INTERFUSE_LOAD_TILE(2, lower, bytes);
    if constexpr (Rows == 2 && Columns == 2) INTERFUSE_LOAD_TILE(3, lower + kTileRows, bytes);
  } else {
    INTERFUSE_CLEAR_TILE(0);
    if constexpr (Columns == 2) INTERFUSE_CLEAR_TILE(1);
    if constexpr (Rows == 2) INTERFUSE_CLEAR_TILE(2);
    if constexpr (Rows == 2 && Columns == 2) INTERFUSE_CLEAR_TILE(3);
  }
  for (int64_t k = 0; k < depth; ++k) {
    Left next_left = left;
    TileRow next_right = right;
    next_left.advance();
    next_right.advance();
    INTERFUSE_LOAD_TILE(6, right.data, right_bytes);
    INTERFUSE_LOAD_TILE(4, left.data, left_bytes);
    prefetch_tile(next_right.data, right.row_stride);
    INTERFUSE_MULTIPLY_TILES(0, 4, 6);
    if constexpr (Rows == 2) {
      INTERFUSE_LOAD_TILE(5, left.data + left.second, left_bytes);
      prefetch_tile(next_left.data + left.second, left.row_stride);
      INTERFUSE_MULTIPLY_TILES(2, 5, 6);
    }
    if constexpr (Columns == 2) {
      INTERFUSE_LOAD_TILE(7, right.data + right.second, right_bytes);
      prefetch_tile(next_right.data + right.second, right.row_stride);
      INTERFUSE_MULTIPLY_TILES(1, 4, 7);
    }
    prefetch_tile(next_left.data, left.row_stride);
    if constexpr (Rows == 2 && Columns == 2) INTERFUSE_MULTIPLY_TILES(3, 5, 7);
    left = next_left;
    right = next_right;
    between(k);
  }
  INTERFUSE_STORE_TILE(0, sums, bytes);
  if constexpr (Columns == 2) INTERFUSE_STORE_TILE(1, sums + kTileRows, bytes);
  if constexpr (Rows == 2) INTERFUSE_STORE_TILE(2, lower, bytes);
  if constexpr (Rows == 2 && Columns == 2) INTERFUSE_STORE_TILE(3, lower + kTileRows, bytes);
}

/// The same for up to `kTiledBlock` rows and columns: whole tiles of them.
template <bool Adds, typename Left, typename Between>
INTERFUSE_INLINE void tile_product(int64_t rows, int64_t columns, Left left, TileRow right, int64_t depth,
                                   float* sums, int64_t stride, Between between) {
  if (rows > kTileRows) {
    if (columns > kTileRows) return tile_product<2, 2, Adds>(left, right, depth, sums, stride, between);
    return tile_product<2, 1, Adds>(left, right, depth, sums, stride, between);
  }
  if (columns > kTileRows) return tile_product<1, 2, Adds>(left, right, depth, sums, stride, between);
  return tile_product<1, 1, Adds>(left, right, depth, sums, stride, between);
}

#undef INTERFUSE_LOAD_TILE
#undef INTERFUSE_STORE_TILE
#undef INTERFUSE_CLEAR_TILE
#undef INTERFUSE_MULTIPLY_TILES

#endif

}  // namespace interfuse
