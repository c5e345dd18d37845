// Products on processors with a bfloat16 matrix unit (AMX), which is several times faster than dot products: libtorch's,
// and for float32 results MKL's, where libtorch has MKL.
#pragma once

#include "types.h"

namespace interfuse {

/// x [.., I] times the transpose of weight [O, I], both bfloat16, with float32 sums: float32 [.., O]; an undefined tensor
/// where there is no matrix unit or no MKL.
Tensor matrix_unit_linear(const Tensor& x, const Tensor& weight);

}  // namespace interfuse
