// Products of packed operands by dot products of pairs of bfloat16 (AVX512-BF16).
#include "packed_product.h"

#include <algorithm>

#include "block_product.h"
#include "parallel.h"

#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)

namespace interfuse {

namespace {

/// The most rows that meet every panel before the next ones do, and the most words in them: they stay in the cache.
constexpr int64_t kRunRows = 192;
constexpr int64_t kRunWords = 1 << 17;
/// Multiplications of words below which a second thread is not worth waking.
constexpr int64_t kGrainWork = 1 << 18;

/// Rows of a run: whole blocks, equally many in all runs, so that threads get as much to do.
int64_t run_length(int64_t rows, int64_t steps) {
  const int64_t most = std::clamp<int64_t>(kRunWords / std::max<int64_t>(1, steps), kBlockRows, kRunRows);
  const int64_t runs = (rows + most - 1) / most;
  const int64_t blocks = (rows + runs * kBlockRows - 1) / (runs * kBlockRows);
  return blocks * kBlockRows;
}

}  // namespace

template <typename Output>
void multiply(const ProductResult<Output>& result, const Bfloat16Pair* left, const Panels& right) {
  if (result.rows == 0) return;
  const int64_t steps = right.steps();
  const int64_t run = run_length(result.rows, steps);
  const int64_t runs = (result.rows + run - 1) / run;
  const int64_t work = run * kPanelWidth * std::max<int64_t>(1, steps);
  const int64_t grain = std::max<int64_t>(1, kGrainWork / work);
  parallel_for(runs * right.count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t first = item / right.count() * run;
      const int64_t last = std::min(first + run, result.rows);
      const int64_t panel = item % right.count();
      for (int64_t row = first; row < last; row += kBlockRows) {
        const auto put = [&](int r, int v, Vector sum) __attribute__((always_inline)) {
          finish(result, row + r, panel * kPanelWidth + v * kLanes, sum);
        };
        block_product<Bfloat16Pair>({left + row * steps, steps, 1}, {right.panel(panel), kPanelWidth}, last - row,
                                    steps, put);
      }
    }
  });
}

template void multiply(const ProductResult<float>&, const Bfloat16Pair*, const Panels&);
template void multiply(const ProductResult<Bfloat16>&, const Bfloat16Pair*, const Panels&);

}  // namespace interfuse

#endif
