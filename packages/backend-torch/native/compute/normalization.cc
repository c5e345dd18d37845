#include "normalization.h"

#include <algorithm>
#include <cmath>

#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

Ints outer_sizes(const Tensor& x) { return Ints(x.sizes().begin(), x.sizes().end() - 1); }

template <typename X, typename Y>
float normalise_row(const X* x, const float* weight, Y* y, int64_t size, float epsilon) {
  Vector squares{};
  for_each_run(size, [&](int64_t i, int64_t n) {
    const Vector v = load_run(x + i, n);
    squares += v * v;
  });
  const float inverse = 1.0f / std::sqrt(sum_of(squares) / static_cast<float>(size) + epsilon);
  for_each_run(
      size, [&](int64_t i, int64_t n) { store_run(y + i, load_run(x + i, n) * inverse * load_run(weight + i, n), n); });
  return inverse;
}

template <typename Dy, typename X>
void normalise_row_grad(const Dy* dy, const X* x, const float* weight, float inverse, X* dx, float* weight_sum,
                        int64_t size) {
  Vector dots{};
  for_each_run(size, [&](int64_t i, int64_t n) {
    const Vector gradient = load_run(dy + i, n);
    const Vector value = load_run(x + i, n);
    dots += gradient * load_run(weight + i, n) * value;
    store_run(weight_sum + i, load_run(weight_sum + i, n) + gradient * value * inverse, n);
  });
  const float factor = sum_of(dots) * inverse * inverse / static_cast<float>(size);
  for_each_run(size, [&](int64_t i, int64_t n) {
    const Vector through = load_run(dy + i, n) * load_run(weight + i, n) - load_run(x + i, n) * factor;
    store_run(dx + i, through * inverse, n);
  });
}

}  // namespace

std::vector<Tensor> rms_norm(const Stored& x, const Tensor& weight, double epsilon, Precision precision) {
  Rows rows;
  const Tensor input = as_rows(x.tensor(), rows);
  const Tensor scale = weight.contiguous();
  const Tensor y = empty_tensor(input.sizes(), activation_type(precision));
  const Tensor inverse_rms = empty_tensor(outer_sizes(input), at::kFloat);
  with_storage(input, y, [&](auto x_type, auto y_type) {
    const auto* from = data_of<decltype(x_type)>(input);
    auto* to = data_of<decltype(y_type)>(y);
    const auto* weights = data_of<float>(scale);
    auto* inverse = data_of<float>(inverse_rms);
    parallel_for(rows.count(), row_grain(rows.size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        inverse[row] = normalise_row(from + rows.offset(row), weights, to + row * rows.size, rows.size,
                                     static_cast<float>(epsilon));
      }
    });
  });
  return {y, inverse_rms};
}

std::vector<Tensor> rms_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& inverse_rms) {
  Rows rows;
  Rows gradient_rows;
  const Tensor input = as_rows(x.tensor(), rows);
  const Tensor gradient = as_rows(dy.tensor(), gradient_rows);
  const Tensor scale = weight.contiguous();
  const Tensor dx = empty_tensor(input.sizes(), input.scalar_type());
  // One partial sum of weight gradients per task, added in order: the same bits in every run.
  const int64_t tasks = std::max<int64_t>(1, std::min(num_threads(), rows.count() / row_grain(rows.size)));
  const Tensor partial = zero_tensor({tasks, rows.size}, at::kFloat);
  with_storage(gradient, input, [&](auto dy_type, auto x_type) {
    const auto* from = data_of<decltype(dy_type)>(gradient);
    const auto* values = data_of<decltype(x_type)>(input);
    auto* to = data_of<decltype(x_type)>(dx);
    const auto* weights = data_of<float>(scale);
    const auto* inverse = data_of<float>(inverse_rms);
    auto* sums = data_of<float>(partial);
    parallel_tasks(rows.count(), tasks, [&](int64_t task, int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        normalise_row_grad(from + gradient_rows.offset(row), values + rows.offset(row), weights, inverse[row],
                           to + row * rows.size, sums + task * rows.size, rows.size);
      }
    });
  });
  return {dx, partial.sum(0)};
}

}  // namespace interfuse
