// Products of bfloat16 matrices for processors with bfloat16 dot products. ATen's go through oneDNN, which rounds sums to
// bfloat16 and compiles a program for every size; these keep float32 sums and add what belongs to them before storing.
#pragma once

#include "types.h"

namespace interfuse {

/// Whether this build has the products below and they are the fastest. Matrix units (AMX) are left to libtorch.
#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)
constexpr bool kHasBfloat16Product = true;
#else
constexpr bool kHasBfloat16Product = false;
#endif

/// What is added to a product before it is stored; either may be undefined.
struct Addends {
  Tensor bias;      // [O], float32
  Tensor residual;  // [.., O], float32
};

/// x [.., I] times the transpose of weight [O, I], plus addends: [.., O] stored as `type`.
Tensor bfloat16_linear(const Tensor& x, const Tensor& weight, const Addends& addends, at::ScalarType type);

/// dy [L, O] times weight [O, I]: bfloat16 [L, I].
Tensor bfloat16_grad_input(const Tensor& dy, const Tensor& weight);

/// dy [L, O] transposed times x [L, I]: float32 [O, I].
Tensor bfloat16_grad_weight(const Tensor& dy, const Tensor& x);

}  // namespace interfuse
