// Products of bfloat16 matrices that keep every bit of their float32 sums. ATen on CPUs rounds them to bfloat16: its
// calls into oneDNN give the result the operands' type.
#pragma once

#include "types.h"

namespace interfuse {

/// Whether this build multiplies bfloat16 into float32 faster than the widened operands would be multiplied.
bool has_bfloat16_product();

/// x [.., I] times the transpose of weight [O, I], plus float32 bias [O]: float32 [.., O]. Both operands are bfloat16.
Tensor bfloat16_product(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias);

}  // namespace interfuse
