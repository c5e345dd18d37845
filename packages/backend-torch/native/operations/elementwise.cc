#include "elementwise.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "../compute/addition.h"
#include "../compute/parallel.h"
#include "../compute/type_codes.h"

namespace interfuse {

namespace {

/// On its own, and with two comparisons that are always made, so that the compiler uses vectors.
void step_of(const float* from, float* to, int64_t count, float low) {
  for (int64_t i = 0; i < count; ++i) {
    const float chosen = from[i] > 0 ? 1.0f : low;
    to[i] = from[i] == from[i] ? chosen : from[i];
  }
}

/// Without its fraction. ATen clamps integers between fractions as float32, which does not hold all of them.
int64_t nearest_int32(double bound) {
  constexpr double kLeast = std::numeric_limits<int32_t>::min(), kMost = std::numeric_limits<int32_t>::max();
  return static_cast<int64_t>(std::fmin(std::fmax(bound, kLeast), kMost));
}

}  // namespace

Tensor numeric(const Tensor& x) { return x.scalar_type() == at::kBool ? x.to(at::kInt) : x; }

Tensor floating(const Tensor& x) { return x.is_floating_point() || x.is_complex() ? x : x.to(at::kFloat); }

Tensor to_int32(const Tensor& x) {
  if (!x.is_floating_point()) return x.to(at::kInt);
  return at::nan_to_num(x, 0.0, 0.0, 0.0).to(at::kLong).to(at::kInt);
}

Tensor add(const Stored& a, const Stored& b) {
  const Tensor &left = a.tensor(), &right = b.tensor();
  const bool has_bfloat16 = is_bfloat16(left) || is_bfloat16(right);
  if (has_bfloat16 && left.is_cpu() && left.is_floating_point() && right.is_floating_point()) {
    if (can_sum(left, right)) return sum_of(left, right);
    if (can_sum(right, left)) return sum_of(right, left);
  }
  return at::add(numeric(widened(left)), numeric(widened(right)));
}

Tensor subtract(const Tensor& a, const Tensor& b) { return at::sub(numeric(a), numeric(b)); }
Tensor multiply(const Tensor& a, const Tensor& b) { return at::mul(numeric(a), numeric(b)); }
Tensor real_div(const Tensor& a, const Tensor& b) { return at::div(a, b); }

// In double, where integers of 32 bits are exact and a division by zero is no error.
Tensor floor_div(const Tensor& a, const Tensor& b) {
  return to_int32(at::floor(at::div(a.to(at::kDouble), b.to(at::kDouble))));
}

Tensor floor_mod(const Tensor& a, const Tensor& b) {
  if (a.is_floating_point() || b.is_floating_point()) return at::remainder(a, b);
  return to_int32(at::remainder(a.to(at::kDouble), b.to(at::kDouble)));
}

Tensor power(const Tensor& a, const Tensor& b) { return at::pow(numeric(a), numeric(b)); }

Tensor squared_difference(const Tensor& a, const Tensor& b) {
  const Tensor difference = interfuse::subtract(a, b);
  return at::mul(difference, difference);
}

Tensor equal(const Tensor& a, const Tensor& b) { return at::eq(a, b); }
Tensor not_equal(const Tensor& a, const Tensor& b) { return at::ne(a, b); }
Tensor greater(const Tensor& a, const Tensor& b) { return at::gt(a, b); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return at::ge(a, b); }
Tensor less(const Tensor& a, const Tensor& b) { return at::lt(a, b); }
Tensor less_equal(const Tensor& a, const Tensor& b) { return at::le(a, b); }
Tensor bitwise_and(const Tensor& a, const Tensor& b) { return at::bitwise_and(a, b); }

Tensor add_all(const std::vector<Tensor>& terms) {
  if (terms.size() == 1) return terms[0].clone();
  Tensor sum = at::add(numeric(terms[0]), numeric(terms[1]));
  for (size_t i = 2; i < terms.size(); ++i) sum.add_(terms[i]);
  return sum;
}

Tensor elu(const Tensor& x) { return at::elu(x); }

Tensor elu_grad(const Tensor& dy, const Tensor& y) { return at::where(y >= 0, dy, dy * (y + 1)); }

Tensor leaky_relu(const Tensor& x, double alpha) { return at::leaky_relu(floating(x), alpha); }

Tensor prelu(const Tensor& x, const Tensor& alpha) { return at::where(x < 0, x * alpha, x); }

Tensor relu6(const Tensor& x) { return at::clamp(x, 0, 6); }

Tensor softplus(const Tensor& x) { return at::softplus(x); }

Tensor step(const Tensor& x, double alpha) {
  const Tensor numbers = numeric(x);
  if (x.scalar_type() != at::kFloat) {
    return at::where(numbers > 0, at::ones_like(numbers), at::full_like(numbers, alpha));
  }
  const Tensor input = x.contiguous();
  const Tensor y = at::empty_like(input);
  const auto* from = input.data_ptr<float>();
  auto* to = y.data_ptr<float>();
  const auto low = static_cast<float>(alpha);
  parallel_for(input.numel(), kElementGrain,
               [&](int64_t begin, int64_t end) { step_of(from + begin, to + begin, end - begin, low); });
  return y;
}

Tensor clip(const Tensor& x, double low, double high) {
  if (x.scalar_type() != at::kInt) return at::clamp(x, low, high).to(x.scalar_type());
  return at::clamp(x, nearest_int32(low), nearest_int32(high));
}

Tensor select(const Tensor& condition, const Tensor& yes, const Tensor& no) {
  const Tensor chosen = condition.scalar_type() == at::kBool ? condition : condition != 0;
  if (chosen.dim() != 1 || yes.dim() <= 1) return at::where(chosen, yes, no);
  Ints rows(yes.dim(), 1);
  rows[0] = chosen.size(0);
  return at::where(chosen.reshape(rows), yes, no);
}

Tensor where(const Tensor& condition) { return at::nonzero(condition).to(at::kInt); }

Tensor cast(const Tensor& x, int64_t code) {
  const Tensor source = x.is_complex() && code != static_cast<int64_t>(TypeCode::kComplex64) ? at::real(x) : x;
  const auto type = scalar_type(static_cast<TypeCode>(code));
  return type == at::kInt ? to_int32(source) : source.to(type);
}

Tensor complex_from(const Tensor& real, const Tensor& imaginary) { return at::complex(real, imaginary); }
Tensor real_part(const Tensor& x) { return x.is_complex() ? at::real(x).contiguous() : x.clone(); }
Tensor imaginary_part(const Tensor& x) { return x.is_complex() ? at::imag(x).contiguous() : at::zeros_like(x); }
Tensor complex_abs(const Tensor& x) { return at::abs(x); }

}  // namespace interfuse
