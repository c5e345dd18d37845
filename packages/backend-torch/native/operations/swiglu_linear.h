// A linear map of what SwiGLU gives, which lives only while it is multiplied.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// `linear` of `swiglu` of x [L, 2F]: weight [O, F], residual [L, O].
Tensor swiglu_linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& residual, bool float32_output,
                     Precision precision);
/// dx [L, 2F], and the values [L, F] that were multiplied, for the weight's gradient.
std::vector<Tensor> swiglu_linear_grad(const Stored& dy, const Stored& x, const Stored& weight, Precision precision);

}  // namespace interfuse
