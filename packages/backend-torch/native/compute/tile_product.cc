// Products of packed operands on the matrix unit.
#include "packed_product.h"
#include "parallel.h"
#include "tile_blocks.h"

#ifdef __AMX_BF16__

namespace interfuse {

namespace {

/// The most columns that a block of rows meets before the next block does: their panels stay in the cache, and a row of the
/// result is written from left to right.
constexpr int64_t kRunColumns = 512;
/// Multiplications of words below which a second thread is not worth waking.
constexpr int64_t kGrainWork = 1 << 19;
/// Words of a block of rows for which memory is kept.
constexpr int64_t kKeptWords = 1 << 16;

struct Memory {
  explicit Memory(int64_t words) : left(words) {}
  Scratch<Bfloat16Pair> left;
  Scratch<float> sums{2 * kTiledBlock * kTiledBlock};
};

/// Columns of a run: whole blocks, and few where there are few rows, so that all threads get some.
int64_t run_columns(int64_t row_blocks, int64_t columns) {
  const int64_t blocks = divided_up(columns, kTiledBlock);
  const int64_t wanted = divided_up(2 * num_threads(), row_blocks);
  const int64_t runs = std::min(blocks, std::max(wanted, divided_up(columns, kRunColumns)));
  return divided_up(blocks, runs) * kTiledBlock;
}

}  // namespace

template <typename Output>
void multiply(const ProductResult<Output>& result, const Bfloat16Pair* left, const Panels& right) {
  if (result.rows == 0 || result.columns == 0) return;
  const int64_t steps = right.steps(), depth = tiles_of(steps);
  const int64_t row_blocks = divided_up(result.rows, kTiledBlock);
  const int64_t run = run_columns(row_blocks, result.columns);
  const int64_t grain = std::max<int64_t>(1, kGrainWork / (kTiledBlock * run * std::max<int64_t>(1, steps)));
  parallel_for(divided_up(result.columns, run) * row_blocks, grain, [&](int64_t begin, int64_t end) {
    const WholeTiles tiles;
    const auto& memory = thread_scratch<Memory>(std::max(kKeptWords, depth * 2 * kTileWords));
    TileBlocks<TiledResult<Output>> blocks(memory.sums.get());
    for (int64_t item = begin; item < end; ++item) {
      const int64_t row = item % row_blocks * kTiledBlock, first = item / row_blocks * run;
      const int64_t rows = std::min(kTiledBlock, result.rows - row);
      tile_rows(left + row * steps, rows, steps, memory.left.get());
      for (int64_t column = first; column < std::min(first + run, result.columns); column += kTiledBlock) {
        blocks.multiply({result}, {row, rows, column, std::min(kTiledBlock, result.columns - column)},
                        left_tiles(memory.left.get(), 0, depth), right_tiles(right, column, 0), depth);
      }
    }
    blocks.finish();
  });
}

template void multiply(const ProductResult<float>&, const Bfloat16Pair*, const Panels&);
template void multiply(const ProductResult<Bfloat16>&, const Bfloat16Pair*, const Panels&);

}  // namespace interfuse

#endif
