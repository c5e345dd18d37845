#include "activation.h"

#include <algorithm>

#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

template <typename X, typename Y>
void gate_row(const X* x, Y* y, int64_t size) {
  for_each_run(size, [&](int64_t i, int64_t n) {
    const Vector gate = load_run(x + i, n);
    store_run(y + i, gate * sigmoid_of(gate) * load_run(x + size + i, n), n);
  });
}

/// Also gives the gated values, unless `y` is null.
template <typename Dy, typename X, typename Y>
void gate_row_grad(const Dy* dy, const X* x, Y* dx, Y* y, int64_t size) {
  for_each_run(size, [&](int64_t i, int64_t n) {
    const Vector gradient = load_run(dy + i, n);
    const Vector gate = load_run(x + i, n);
    const Vector up = load_run(x + size + i, n);
    const Vector sigmoid = sigmoid_of(gate);
    const Vector silu = gate * sigmoid;
    store_run(dx + i, gradient * up * (sigmoid + silu * (1.0f - sigmoid)), n);
    store_run(dx + size + i, gradient * silu, n);
    if (y != nullptr) store_run(y + i, silu * up, n);
  });
}

/// Fills dx, and y where it is defined.
void gate_rows_grad(const Stored& dy, const Stored& x, const Tensor& dx, const Tensor& y) {
  const Tensor gradient = dy.tensor().contiguous();
  const Tensor input = x.tensor().contiguous();
  const int64_t rows = input.size(0);
  const int64_t size = input.size(1) / 2;
  with_storage(gradient, input, [&](auto dy_type, auto x_type) {
    const auto* from = data_of<decltype(dy_type)>(gradient);
    const auto* values = data_of<decltype(x_type)>(input);
    with_storage(dx, [&](auto type) {
      using Y = decltype(type);
      Y* to = data_of<Y>(dx);
      Y* gated = y.defined() ? data_of<Y>(y) : nullptr;
      parallel_for(rows, row_grain(size, kExponentialGrain), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          gate_row_grad(from + row * size, values + row * 2 * size, to + row * 2 * size,
                        gated == nullptr ? nullptr : gated + row * size, size);
        }
      });
    });
  });
}

}  // namespace

Tensor swiglu(const Stored& x, Precision precision) {
  const Tensor input = x.tensor().contiguous();
  const int64_t rows = input.size(0);
  const int64_t size = input.size(1) / 2;
  const Tensor y = empty_tensor({rows, size}, activation_type(precision));
  with_storage(input, y, [&](auto x_type, auto y_type) {
    const auto* from = data_of<decltype(x_type)>(input);
    auto* to = data_of<decltype(y_type)>(y);
    parallel_for(rows, row_grain(size, kExponentialGrain), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) gate_row(from + row * 2 * size, to + row * size, size);
    });
  });
  return y;
}

Tensor swiglu_grad(const Stored& dy, const Stored& x, Precision precision) {
  const Tensor dx = empty_tensor(x.tensor().sizes(), activation_type(precision));
  gate_rows_grad(dy, x, dx, Tensor());
  return dx;
}

std::vector<Tensor> swiglu_grad_and_value(const Stored& dy, const Stored& x, Precision precision) {
  const Tensor dx = empty_tensor(x.tensor().sizes(), activation_type(precision));
  const Tensor y = empty_tensor(dy.tensor().sizes(), activation_type(precision));
  gate_rows_grad(dy, x, dx, y);
  return {dx, y};
}

}  // namespace interfuse
