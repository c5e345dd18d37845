// Element by element functions where TensorFlow.js differs from ATen in signature or result.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// ATen has no sign, difference or power of booleans; TensorFlow.js computes them as integers.
Tensor numeric(const Tensor& x);
/// Integers and booleans as float32, for functions that ATen has of floating-point numbers only.
Tensor floating(const Tensor& x);
/// Truncated, modulo 2^32, and 0 for what is not finite: how JavaScript makes 32-bit integers.
Tensor to_int32(const Tensor& x);

template <Tensor (*Function)(const Tensor&)>
Tensor of_numbers(const Tensor& x) {
  return Function(numeric(x));
}

template <Tensor (*Function)(const Tensor&)>
Tensor of_floats(const Tensor& x) {
  return Function(floating(x));
}

Tensor add(const Stored& a, const Stored& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor real_div(const Tensor& a, const Tensor& b);
/// Always int32, whatever the inputs; 0 where b is 0.
Tensor floor_div(const Tensor& a, const Tensor& b);
/// The remainder has b's sign; of integers it is 0 where b is 0.
Tensor floor_mod(const Tensor& a, const Tensor& b);
Tensor power(const Tensor& a, const Tensor& b);
Tensor squared_difference(const Tensor& a, const Tensor& b);
Tensor equal(const Tensor& a, const Tensor& b);
Tensor not_equal(const Tensor& a, const Tensor& b);
Tensor greater(const Tensor& a, const Tensor& b);
Tensor greater_equal(const Tensor& a, const Tensor& b);
Tensor less(const Tensor& a, const Tensor& b);
Tensor less_equal(const Tensor& a, const Tensor& b);
Tensor bitwise_and(const Tensor& a, const Tensor& b);
Tensor add_all(const std::vector<Tensor>& terms);

Tensor elu(const Tensor& x);
/// Gradient of elu from its output y.
Tensor elu_grad(const Tensor& dy, const Tensor& y);
Tensor leaky_relu(const Tensor& x, double alpha);
/// x where positive, alpha * x elsewhere; alpha broadcasts.
Tensor prelu(const Tensor& x, const Tensor& alpha);
Tensor relu6(const Tensor& x);
Tensor softplus(const Tensor& x);
/// 1 where x > 0, alpha where x <= 0, NaN stays.
Tensor step(const Tensor& x, double alpha);
Tensor clip(const Tensor& x, double low, double high);

/// Elements of `yes` where `condition`, else of `no`; a condition of rank 1 chooses whole rows.
Tensor select(const Tensor& condition, const Tensor& yes, const Tensor& no);
/// Coordinates [n, rank] of the true elements.
Tensor where(const Tensor& condition);

/// Converts to the type of a `TypeCode`; float to int32 truncates.
Tensor cast(const Tensor& x, int64_t code);
Tensor complex_from(const Tensor& real, const Tensor& imaginary);
Tensor real_part(const Tensor& x);
Tensor imaginary_part(const Tensor& x);
Tensor complex_abs(const Tensor& x);

}  // namespace interfuse
