// Gradients of weights on the matrix unit: the sum runs over the rows of both operands, so both are packed; the left one a
// few columns at a time by the thread that multiplies them, in whose cache they then lie.
#include "bfloat16_product.h"
#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"
#include "tile_blocks.h"

#ifdef __AMX_BF16__

namespace interfuse {

namespace {

/// The most columns of the left operand that meet every panel before the next ones do, and the pairs of rows of a part of
/// the sum: long parts, for the result is read and written again with each.
constexpr int64_t kRunColumns = 128;
constexpr int64_t kPartSteps = 1024;

struct Memory {
  Scratch<Bfloat16Pair> left{kRunColumns * kPartSteps};
  Scratch<float> sums{2 * kTiledBlock * kTiledBlock};
};

/// Columns [first, last) of the left operand and [begin, end) of the right one.
struct Task {
  int64_t first, last, begin, end;
};

/// Those rows and columns of y [O, I], for a contiguous left operand [L, O].
void multiply_columns(const Tensor& left, const Panels& right, const Task& task, const Memory& memory, const Tensor& y) {
  const int64_t rows = left.size(0), stride = left.size(1);
  auto* to = data_of<float>(y);
  for (int64_t step = 0; step < right.steps(); step += kPartSteps) {
    const int64_t depth = tiles_of(std::min(kPartSteps, right.steps() - step));
    tile_columns(data_of<Bfloat16>(left) + 2 * step * stride + task.first, stride,
                 std::min(2 * kPartSteps, rows - 2 * step), task.last - task.first, memory.left.get());
    const TiledResult<float> result{{to, nullptr, step == 0 ? nullptr : to, y.size(0), y.size(1)}};
    TileBlocks<TiledResult<float>> blocks(memory.sums.get());
    for (int64_t column = task.begin; column < task.end; column += kTiledBlock) {
      for (int64_t row = task.first; row < task.last; row += kTiledBlock) {
        blocks.multiply(
            result,
            {row, std::min(kTiledBlock, task.last - row), column, std::min(kTiledBlock, task.end - column)},
            left_tiles(memory.left.get(), (row - task.first) / kTileRows, depth), right_tiles(right, column, step), depth);
      }
    }
    blocks.finish();
  }
}

}  // namespace

Tensor bfloat16_transposed(const Tensor& a, const Tensor& b) {
  const Tensor left = a.contiguous();
  const Panels right = panels_of_columns(b.contiguous());
  const Tensor y = empty_tensor({left.size(1), right.lanes()}, at::kFloat);
  if (right.steps() == 0) return y.zero_();
  const int64_t height = divided_up(left.size(1), kTiledBlock), width = divided_up(right.lanes(), kTiledBlock);
  // Each thread packs a few long runs, and reads its share of the right operand once for each.
  const int64_t threads = num_threads();
  const int64_t run = std::clamp<int64_t>(divided_up(height, threads), 1, kRunColumns / kTiledBlock);
  const int64_t runs = divided_up(height, run);
  const int64_t shares =
      std::clamp<int64_t>(2 * threads / std::max<int64_t>(1, runs), 1, std::max<int64_t>(1, width));
  parallel_for(runs * shares, 1, [&](int64_t begin, int64_t end) {
    const WholeTiles tiles;
    const auto& memory = thread_scratch<Memory>();
    for (int64_t item = begin; item < end; ++item) {
      const int64_t first = item / shares * run, share = item % shares;
      multiply_columns(left, right,
                       {first * kTiledBlock, std::min(y.size(0), (first + run) * kTiledBlock),
                        width * share / shares * kTiledBlock,
                        std::min(y.size(1), width * (share + 1) / shares * kTiledBlock)},
                       memory, y);
    }
  });
  return y;
}

}  // namespace interfuse

#endif
