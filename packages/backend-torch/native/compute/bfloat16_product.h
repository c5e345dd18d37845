// Products of bfloat16 matrices for processors with bfloat16 dot products or a matrix unit. ATen's go through oneDNN, which
// rounds sums to bfloat16 and compiles a program for every size; these keep float32 sums and add what belongs to them before
// storing.
#pragma once

#include "addends.h"
#include "bfloat16_panels.h"

namespace interfuse {

/// Whether this build has the products below.
#ifdef __AVX512BF16__
constexpr bool kHasBfloat16Product = true;
#else
constexpr bool kHasBfloat16Product = false;
#endif

/// Whether they multiply this on this machine.
inline bool has_bfloat16_product(const Tensor& x) {
  return kHasBfloat16Product && is_bfloat16(x) && x.is_cpu() && (!kHasMatrixUnit || may_use_matrix_unit());
}

/// A weight [O, I] as the right operand of `bfloat16_linear`.
Panels weight_panels(const Tensor& weight);

/// x [.., I] times the transpose of the weight [O, I] that was packed, plus addends: [.., O] stored as `type`.
Tensor bfloat16_linear(const Tensor& x, const Panels& weight, const Addends& addends, at::ScalarType type);

/// x [.., K] times right [K, N], plus addends: bfloat16 [.., N].
Tensor bfloat16_columns(const Tensor& x, const Tensor& right, const Addends& addends);

/// a [L, O] transposed times b [L, I]: float32 [O, I].
Tensor bfloat16_transposed(const Tensor& a, const Tensor& b);

}  // namespace interfuse
