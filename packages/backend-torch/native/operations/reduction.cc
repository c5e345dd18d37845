#include "reduction.h"

#include <ATen/ATen.h>

#include <limits>

namespace interfuse {

namespace {

/// Sums and products of integers stay int32, as in TensorFlow.js (ATen would widen to int64).
at::ScalarType accumulated_type(const Tensor& x) {
  return x.is_floating_point() || x.is_complex() ? x.scalar_type() : at::kInt;
}

template <typename Reduce>
Tensor one_by_one(Tensor x, const Ints& axes, bool keep, Reduce reduce) {
  // From the last axis to the first, so that the numbers of the others stay valid.
  Ints sorted = axes;
  std::sort(sorted.rbegin(), sorted.rend());
  for (const int64_t axis : sorted) x = reduce(x, axis, keep);
  return x;
}

template <typename Scan>
Tensor scan(const Tensor& x, int64_t axis, bool exclusive, bool reverse, double neutral, Scan run) {
  const Tensor ordered = reverse ? at::flip(x, {axis}) : x;
  Tensor result = run(ordered);
  if (exclusive && x.size(axis) > 0) {
    Tensor first = at::full_like(result.narrow(axis, 0, 1), neutral);
    result = at::cat({first, result.narrow(axis, 0, x.size(axis) - 1)}, axis);
  }
  return reverse ? at::flip(result, {axis}) : result;
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The extremum of nothing: no element, so what every other one beats.
Tensor neutral_of(const Tensor& x, const Ints& axes, bool keep, double value) {
  const auto shape = at::sum(x.to(at::kFloat), axes, keep).sizes().vec();
  if (x.is_floating_point()) return at::full(shape, value, x.options());
  if (x.scalar_type() == at::kBool) return at::full(shape, value > 0, x.options());
  using Limits = std::numeric_limits<int32_t>;
  return at::full(shape, value > 0 ? Limits::max() : Limits::min(), x.options());
}

/// What arg-reductions compare: NaN never wins, and booleans are numbers.
Tensor without_nan(const Tensor& x, double loser) {
  if (x.scalar_type() == at::kBool) return x.to(at::kInt);
  return x.is_floating_point() ? x.masked_fill(at::isnan(x), loser) : x;
}

}  // namespace

Tensor sum(const Tensor& x, const Ints& axes, bool keep) {
  if (axes.empty()) return x.to(accumulated_type(x), false, true);
  return at::sum(x, axes, keep, accumulated_type(x));
}

Tensor mean(const Tensor& x, const Ints& axes, bool keep) {
  if (axes.empty()) return x.to(at::kFloat, false, true);
  return at::mean(x, axes, keep, at::kFloat);
}

Tensor product_of(const Tensor& x, const Ints& axes, bool keep) {
  const auto type = accumulated_type(x);
  return one_by_one(x.to(type), axes, keep, [type](const Tensor& t, int64_t axis, bool keep_axis) {
    return at::prod(t, axis, keep_axis, type);
  });
}

Tensor maximum_of(const Tensor& x, const Ints& axes, bool keep) {
  if (axes.empty()) return x.clone();
  return x.numel() == 0 ? neutral_of(x, axes, keep, -kInfinity) : at::amax(x, axes, keep);
}

Tensor minimum_of(const Tensor& x, const Ints& axes, bool keep) {
  if (axes.empty()) return x.clone();
  return x.numel() == 0 ? neutral_of(x, axes, keep, kInfinity) : at::amin(x, axes, keep);
}

Tensor all_of(const Tensor& x, const Ints& axes, bool keep) {
  return one_by_one(x.to(at::kBool), axes, keep,
                    [](const Tensor& t, int64_t axis, bool keep_axis) { return at::all(t, axis, keep_axis); });
}

Tensor any_of(const Tensor& x, const Ints& axes, bool keep) {
  return one_by_one(x.to(at::kBool), axes, keep,
                    [](const Tensor& t, int64_t axis, bool keep_axis) { return at::any(t, axis, keep_axis); });
}

Tensor arg_max(const Tensor& x, int64_t axis) { return at::argmax(without_nan(x, -kInfinity), axis).to(at::kInt); }

Tensor arg_min(const Tensor& x, int64_t axis) { return at::argmin(without_nan(x, kInfinity), axis).to(at::kInt); }

Tensor cumulative_sum(const Tensor& x, int64_t axis, bool exclusive, bool reverse) {
  return scan(x, axis, exclusive, reverse, 0,
              [&](const Tensor& t) { return at::cumsum(t, axis, accumulated_type(x)); });
}

Tensor cumulative_product(const Tensor& x, int64_t axis, bool exclusive, bool reverse) {
  return scan(x, axis, exclusive, reverse, 1,
              [&](const Tensor& t) { return at::cumprod(t, axis, accumulated_type(x)); });
}

Tensor softmax(const Tensor& x, int64_t axis) { return at::softmax(x, axis, at::kFloat); }

Tensor log_softmax(const Tensor& x, int64_t axis) { return at::log_softmax(x, axis, at::kFloat); }

std::vector<Tensor> top_k(const Tensor& x, int64_t k) {
  // A stable sort keeps equal values in the order of their indices, which TensorFlow.js promises.
  auto [values, indices] = at::sort(x, /*stable=*/true, /*dim=*/-1, /*descending=*/true);
  return {values.narrow(-1, 0, k).contiguous(), indices.narrow(-1, 0, k).to(at::kInt)};
}

}  // namespace interfuse
