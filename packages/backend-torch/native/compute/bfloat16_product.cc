#include "bfloat16_product.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "block_product.h"
#include "parallel.h"
#include "storage.h"

#ifdef __AVX512BF16__

namespace interfuse {

namespace {

constexpr int64_t kPanelWidth = 64;
/// The most rows that meet every panel before the next ones do; they stay in the cache.
constexpr int64_t kRun = 96;
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
void finish(const Result<Output>& result, int64_t row, int64_t column, const float* sums) {
  for_each_run(std::min(kPanelWidth, result.columns - column), [&](int64_t i, int64_t n) {
    const int64_t at = row * result.columns + column + i;
    Vector value = load_run(sums + i, n);
    if (result.bias != nullptr) value += load_run(result.bias + column + i, n);
    if (result.residual != nullptr) value += load_run(result.residual + at, n);
    store_run(result.y + at, value, n);
  });
}

/// Rows of a run: whole blocks, equally many in all runs, so that threads get as much to do.
int64_t run_length(int64_t rows) {
  const int64_t runs = (rows + kRun - 1) / kRun;
  const int64_t blocks = (rows + runs * detail::kBlockRows - 1) / (runs * detail::kBlockRows);
  return blocks * detail::kBlockRows;
}

/// y = left right. `left_at(row)` is the left operand from a row on, for all rows of its block.
template <typename Output, typename LeftAt>
void multiply(const Result<Output>& result, const Panels& right, LeftAt left_at) {
  if (result.rows == 0) return;
  const int64_t run = run_length(result.rows);
  const int64_t runs = (result.rows + run - 1) / run;
  const int64_t work = run * kPanelWidth * std::max<int64_t>(1, right.steps());
  const int64_t grain = std::max<int64_t>(1, kGrainWork / std::max<int64_t>(1, work));
  parallel_for(runs * right.count(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t first = item / right.count() * run;
      const int64_t last = std::min(first + run, result.rows);
      const int64_t panel = item % right.count();
      const int64_t column = panel * kPanelWidth;
      const int64_t width = (std::min(kPanelWidth, result.columns - column) + kLanes - 1) / kLanes * kLanes;
      for (int64_t row = first; row < last; row += detail::kBlockRows) {
        alignas(64) float sums[detail::kBlockRows * kPanelWidth];
        const int64_t height = std::min<int64_t>(detail::kBlockRows, last - row);
        set_product<Bfloat16Pair>(left_at(row), {right.panel(panel), kPanelWidth}, {sums, kPanelWidth}, height, width,
                                  right.steps());
        for (int64_t i = 0; i < height; ++i) finish(result, row + i, column, sums + i * kPanelWidth);
      }
    }
  });
}

const Bfloat16Pair* words_of(const Tensor& matrix) {
  return reinterpret_cast<const Bfloat16Pair*>(data_of<Bfloat16>(matrix));
}

/// Rows [L, K] as a left operand; K is even.
auto rows_of(const Tensor& matrix) {
  const Bfloat16Pair* words = words_of(matrix);
  const int64_t steps = matrix.size(-1) / 2;
  return [=](int64_t row) { return LeftOperand<Bfloat16Pair>{words + row * steps, steps, 1}; };
}

/// As contiguous rows of an even length.
Tensor paired(const Tensor& matrix) {
  return (matrix.size(-1) % 2 == 0 ? matrix : at::constant_pad_nd(matrix, {0, 1}, 0)).contiguous();
}

const float* optional_data(const Tensor& tensor) { return tensor.defined() ? data_of<float>(tensor) : nullptr; }

}  // namespace

Panels weight_panels(const Tensor& weight) { return panels_of_rows(paired(weight), kPanelWidth); }

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
             weight, rows_of(left));
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
  multiply(Result<Bfloat16>{data_of<Bfloat16>(y), optional_data(added), nullptr, rows, sizes.back()},
           panels_of_columns(right.contiguous(), kPanelWidth), rows_of(left));
  return y;
}

Tensor bfloat16_transposed(const Tensor& a, const Tensor& b) {
  const Tensor y = at::empty({a.size(1), b.size(1)}, at::kFloat);
  const Panels left = panels_of_columns(a.contiguous(), kRun);
  multiply(Result<float>{data_of<float>(y), nullptr, nullptr, y.size(0), y.size(1)},
           panels_of_columns(b.contiguous(), kPanelWidth), [&](int64_t row) {
             return LeftOperand<Bfloat16Pair>{left.panel(row / kRun) + row % kRun, 1, kRun};
           });
  return y;
}

}  // namespace interfuse

#endif
