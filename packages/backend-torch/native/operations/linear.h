// The fused op `linear` (y = x W^T + b, PyTorch's layout) and its gradients, in the thread's precision.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// x [.., I], weight [O, I], bias [O], residual [.., O]: their sum [.., O]. It is stored as bfloat16 in that precision
/// unless `float32_output` or a residual asks for float32, whose sums are never rounded to bfloat16.
Tensor linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias,
              const std::optional<Tensor>& residual, bool float32_output, Precision precision);
/// dy [.., O] times weight [O, I].
Tensor linear_grad_input(const Stored& dy, const Stored& weight, Precision precision);
/// dy [L, O] transposed times x [L, I], float32 [O, I]; outer axes are flattened.
Tensor linear_grad_weight(const Stored& dy, const Stored& x, Precision precision);
/// Sum of dy over all axes but the last, float32.
Tensor linear_grad_bias(const Stored& dy);

}  // namespace interfuse
