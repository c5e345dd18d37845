#include "bfloat16_product.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "block_product.h"
#include "parallel.h"
#include "storage.h"

#ifdef __AVX512BF16__

namespace interfuse {

namespace {

/// The most rows that meet every panel before the next ones do, and the most words in them: they stay in the cache.
constexpr int64_t kRunRows = 192;
constexpr int64_t kRunWords = 1 << 17;
/// Multiplications of words below which a second thread is not worth waking.
constexpr int64_t kGrainWork = 1 << 18;

/// The result, and what is added to it; pointers may be null.
template <typename Output>
struct Result {
  Output* y;  // [rows, columns]
  const float* bias;
  const float* residual;
  int64_t rows, columns;
};

template <typename Output>
INTERFUSE_INLINE void finish(const Result<Output>& result, int64_t row, int64_t column, Vector sum) {
  const int64_t n = std::min(kLanes, result.columns - column);
  if (n <= 0) return;
  const int64_t at = row * result.columns + column;
  if (result.bias != nullptr) sum += load_run(result.bias + column, n);
  if (result.residual != nullptr) sum += load_run(result.residual + at, n);
  store_run(result.y + at, sum, n);
}

/// Rows of a run: whole blocks, equally many in all runs, so that threads get as much to do.
int64_t run_length(int64_t rows, int64_t steps) {
  const int64_t most = std::clamp<int64_t>(kRunWords / std::max<int64_t>(1, steps), kBlockRows, kRunRows);
  const int64_t runs = (rows + most - 1) / most;
  const int64_t blocks = (rows + runs * kBlockRows - 1) / (runs * kBlockRows);
  return blocks * kBlockRows;
}

/// y = left right, with the rows of `left` [rows, words] as they lie in memory.
template <typename Output>
void multiply(const Result<Output>& result, const Bfloat16Pair* left, const Panels& right) {
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

const Bfloat16Pair* words_of(const Tensor& matrix) {
  return reinterpret_cast<const Bfloat16Pair*>(data_of<Bfloat16>(matrix));
}

/// As contiguous rows of an even length.
Tensor paired(const Tensor& matrix) {
  return (matrix.size(-1) % 2 == 0 ? matrix : at::constant_pad_nd(matrix, {0, 1}, 0)).contiguous();
}

const float* optional_data(const Tensor& tensor) { return tensor.defined() ? data_of<float>(tensor) : nullptr; }

}  // namespace

Panels weight_panels(const Tensor& weight) { return panels_of_rows(paired(weight)); }

Tensor bfloat16_linear(const Tensor& x, const Panels& weight, const Addends& addends, at::ScalarType type) {
  const Tensor left = paired(x);
  const Tensor bias = addends.bias.defined() ? addends.bias.contiguous() : Tensor();
  const Tensor residual = addends.residual.defined() ? addends.residual.contiguous() : Tensor();
  Ints sizes = x.sizes().vec();
  sizes.back() = weight.lanes();
  const Tensor y = at::empty(sizes, x.options().dtype(type));
  const int64_t rows = y.numel() / std::max<int64_t>(1, sizes.back());
  with_storage(y, [&](auto output) {
    using Output = decltype(output);
    multiply(Result<Output>{data_of<Output>(y), optional_data(bias), optional_data(residual), rows, sizes.back()},
             words_of(left), weight);
  });
  return y;
}

Tensor bfloat16_columns(const Tensor& x, const Tensor& right, const Tensor& bias) {
  const Tensor left = paired(x);
  const Tensor added = bias.defined() ? bias.contiguous() : Tensor();
  Ints sizes = x.sizes().vec();
  sizes.back() = right.size(1);
  const Tensor y = at::empty(sizes, x.options());
  const int64_t rows = y.numel() / std::max<int64_t>(1, sizes.back());
  multiply(Result<Bfloat16>{data_of<Bfloat16>(y), optional_data(added), nullptr, rows, sizes.back()}, words_of(left),
           panels_of_columns(right.contiguous()));
  return y;
}

}  // namespace interfuse

#endif
