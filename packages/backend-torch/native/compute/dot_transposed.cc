// Gradients of weights by dot products: the sum runs over the rows of both operands, so both are packed; the left one a few columns at a
// time by the thread that multiplies them, in whose cache they then lie.

#include <algorithm>

#include "bfloat16_product.h"
#include "block_product.h"
#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)

namespace interfuse {

namespace {

/// Blocks of the left operand that are packed and meet every panel before the next ones do, and the pairs of rows of a part
/// of the sum.
constexpr int64_t kRunBlocks = 8;
constexpr int64_t kPartSteps = 2048;
/// Pairs of rows that are asked of memory ahead: they lie too far apart for the processor to guess them.
constexpr int64_t kStepsAhead = 8;
constexpr int64_t kCacheLine = 64 / sizeof(Bfloat16);
static_assert(kBlockRows == 6, "pack_block");

/// A contiguous [L, O] matrix as left operand.
struct Columns {
  const Bfloat16* data;
  int64_t rows, count;

  int64_t blocks() const { return (count + kBlockRows - 1) / kBlockRows; }
};

/// The words of one step and block.
INTERFUSE_INLINE void pack_block(const Columns& from, int64_t step, int64_t block, Bfloat16Pair* to) {
  const int64_t column = block * kBlockRows;
  const auto present = static_cast<__mmask8>((1 << std::min<int64_t>(kBlockRows, from.count - column)) - 1);
  const Bfloat16* values = from.data + 2 * step * from.count + column;
  const __m128i first = _mm_maskz_loadu_epi16(present, values);
  const __m128i second = _mm_maskz_loadu_epi16(2 * step + 1 < from.rows ? present : 0, values + from.count);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi16(first, second));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to + 4), _mm_unpackhi_epi16(first, second));
}

/// Steps [begin, end) of some blocks as words [block][step][column of the block].
void pack(const Columns& from, int64_t first_block, int64_t last_block, int64_t begin, int64_t end, Bfloat16Pair* to) {
  for (int64_t step = begin; step < end; ++step) {
    const Bfloat16* ahead = from.data + 2 * (step + kStepsAhead) * from.count;
    for (int64_t column = first_block * kBlockRows; column < last_block * kBlockRows; column += kCacheLine) {
      __builtin_prefetch(ahead + column);
      __builtin_prefetch(ahead + from.count + column);
    }
    for (int64_t block = first_block; block < last_block; ++block) {
      pack_block(from, step, block, to + ((block - first_block) * (end - begin) + step - begin) * kBlockRows);
    }
  }
}

/// y [O, I] = or += the part of the sum over `steps` pairs of rows from `begin` on, for one block and panel.
void multiply(const Bfloat16Pair* left, const Panels& right, int64_t panel, int64_t begin, int64_t steps, int64_t row,
              const Tensor& y) {
  const int64_t columns = right.lanes();
  float* to = data_of<float>(y) + row * columns;
  const auto put = [&](int r, int v, Vector sum) __attribute__((always_inline)) {
    const int64_t column = panel * kPanelWidth + v * kLanes;
    const int64_t n = std::min(kLanes, columns - column);
    if (n <= 0) return;
    float* at = to + r * columns + column;
    store_run(at, begin == 0 ? sum : load_run(at, n) + sum, n);
  };
  block_product<Bfloat16Pair>({left, 1, kBlockRows}, {right.panel(panel) + begin * kPanelWidth, kPanelWidth},
                              y.size(0) - row, steps, put);
}

}  // namespace

Tensor bfloat16_transposed(const Tensor& a, const Tensor& b) {
  const Tensor rows = a.contiguous();
  const Columns left{data_of<Bfloat16>(rows), rows.size(0), rows.size(1)};
  const Panels right = panels_of_columns(b.contiguous());
  const Tensor y = empty_tensor({left.count, right.lanes()}, at::kFloat);
  if (right.steps() == 0) return y.zero_();
  const int64_t runs = (left.blocks() + kRunBlocks - 1) / kRunBlocks;
  // Where runs are few, several threads share one, each for some of the panels.
  const int64_t most = std::max<int64_t>(1, right.count());
  const int64_t shares = std::clamp<int64_t>(2 * num_threads() / std::max<int64_t>(1, runs), 1, most);
  parallel_for(runs * shares, 1, [&](int64_t first_item, int64_t last_item) {
    thread_local std::vector<Bfloat16Pair> packed(kRunBlocks * kPartSteps * kBlockRows);
    for (int64_t item = first_item; item < last_item; ++item) {
      const int64_t run = item / shares, share = item % shares;
      const int64_t first = left.blocks() * run / runs, last = left.blocks() * (run + 1) / runs;
      for (int64_t begin = 0; begin < right.steps(); begin += kPartSteps) {
        const int64_t steps = std::min(kPartSteps, right.steps() - begin);
        pack(left, first, last, begin, begin + steps, packed.data());
        for (int64_t panel = right.count() * share / shares; panel < right.count() * (share + 1) / shares; ++panel) {
          for (int64_t block = first; block < last; ++block) {
            multiply(packed.data() + (block - first) * steps * kBlockRows, right, panel, begin, steps,
                     block * kBlockRows, y);
          }
        }
      }
    }
  });
  return y;
}

}  // namespace interfuse

#endif
