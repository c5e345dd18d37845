#include "addition.h"

#include <algorithm>
#include <optional>

#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

/// Rows whose sums are held in float32 before they are added up in float64.
constexpr int64_t kRowRun = 64;

/// a as [outer, repeats, inner], b as [outer, inner].
struct Repeated {
  int64_t outer = 1, repeats = 1, inner = 1;
};

std::optional<Repeated> repeated_by(const Tensor& a, const Tensor& b) {
  Repeated shape;
  const int64_t missing = a.dim() - b.dim();
  if (missing < 0) return std::nullopt;
  const auto size_of_b = [&](int64_t axis) { return axis < missing ? 1 : b.size(axis - missing); };
  int64_t axis = a.dim() - 1;
  for (; axis >= 0 && size_of_b(axis) == a.size(axis); --axis) shape.inner *= a.size(axis);
  for (; axis >= 0 && size_of_b(axis) == 1; --axis) shape.repeats *= a.size(axis);
  for (; axis >= 0 && size_of_b(axis) == a.size(axis); --axis) shape.outer *= a.size(axis);
  return axis < 0 ? std::optional(shape) : std::nullopt;
}

template <typename A, typename B>
void add_run(const A* a, const B* b, float* to, int64_t size) {
  for_each_run(size, [&](int64_t i, int64_t n) { store_run(to + i, load_run(a + i, n) + load_run(b + i, n), n); });
}

/// Adds the rows of a run to totals [size].
template <typename X>
void add_rows(const X* x, int64_t rows, int64_t size, double* totals) {
  for (int64_t begin = 0; begin < rows; begin += kRowRun) {
    const int64_t end = std::min(rows, begin + kRowRun);
    for_each_run(size, [&](int64_t i, int64_t n) {
      Vector even{}, odd{};
      int64_t row = begin;
      for (; row + 1 < end; row += 2) {
        even += load_run(x + row * size + i, n);
        odd += load_run(x + (row + 1) * size + i, n);
      }
      if (row < end) even += load_run(x + row * size + i, n);
      const Vector sums = even + odd;
      for (int64_t lane = 0; lane < n; ++lane) totals[i + lane] += sums[lane];
    });
  }
}

}  // namespace

bool can_sum(const Tensor& a, const Tensor& b) { return repeated_by(a, b).has_value(); }

Tensor sum_of(const Tensor& a, const Tensor& b) {
  const Repeated shape = repeated_by(a, b).value();
  const Tensor left = a.contiguous(), right = b.contiguous();
  const Tensor sum = empty_tensor(a.sizes(), at::kFloat);
  with_storage(left, right, [&](auto left_type, auto right_type) {
    const auto* from = data_of<decltype(left_type)>(left);
    const auto* added = data_of<decltype(right_type)>(right);
    float* to = data_of<float>(sum);
    if (shape.repeats == 1) {
      parallel_for(sum.numel(), kElementGrain, [&](int64_t begin, int64_t end) {
        add_run(from + begin, added + begin, to + begin, end - begin);
      });
      return;
    }
    parallel_for(shape.outer * shape.repeats, row_grain(shape.inner), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t at = row * shape.inner;
        add_run(from + at, added + row / shape.repeats * shape.inner, to + at, shape.inner);
      }
    });
  });
  return sum;
}

Tensor sum_of_rows(const Stored& x) {
  const Tensor input = x.tensor().contiguous();
  const int64_t size = input.size(-1);
  const int64_t rows = size == 0 ? 0 : input.numel() / size;
  const Tensor sums = zero_tensor({size}, at::kFloat);
  const int64_t tasks = std::max<int64_t>(1, std::min(num_threads(), rows / row_grain(size)));
  std::vector<double> totals(tasks * size);
  with_storage(input, [&](auto type) {
    const auto* from = data_of<decltype(type)>(input);
    parallel_tasks(rows, tasks, [&](int64_t task, int64_t begin, int64_t end) {
      add_rows(from + begin * size, end - begin, size, totals.data() + task * size);
    });
  });
  for (int64_t i = 0; i < size; ++i) {
    double total = 0;
    for (int64_t task = 0; task < tasks; ++task) total += totals[task * size + i];
    data_of<float>(sums)[i] = static_cast<float>(total);
  }
  return sums;
}

}  // namespace interfuse
