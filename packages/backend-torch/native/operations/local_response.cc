#include "local_response.h"

#include <ATen/ATen.h>

namespace interfuse {

namespace {

/// For each channel the sum over channels at most `radius` away.
Tensor sum_nearby(const Tensor& x, int64_t radius) {
  const int64_t channels = x.size(-1);
  const Tensor index = at::arange(channels, x.options().dtype(at::kInt));
  const Tensor near = (index.unsqueeze(0) - index.unsqueeze(1)).abs() <= radius;
  return at::matmul(x, near.to(at::kFloat));
}

Tensor denominator(const Tensor& x, int64_t radius, double bias, double alpha) {
  return bias + alpha * sum_nearby(x * x, radius);
}

}  // namespace

Tensor local_response(const Tensor& x, int64_t radius, double bias, double alpha, double beta) {
  const Tensor values = x.to(at::kFloat);
  return values * at::pow(denominator(values, radius, bias, alpha), -beta);
}

Tensor local_response_grad(const Tensor& x, const Tensor& y, const Tensor& dy, int64_t radius, double bias,
                           double alpha, double beta) {
  const Tensor base = denominator(x, radius, bias, alpha);
  return dy * at::pow(base, -beta) - 2 * alpha * beta * x * sum_nearby(dy * y / base, radius);
}

}  // namespace interfuse
