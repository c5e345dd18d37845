// SwiGLU, the gated activation of LLaMA's feed-forward layers (arXiv 2002.05202).
#pragma once

#include "types.h"

namespace interfuse {

/// silu(x[:, :F]) * x[:, F:] for x [L, 2F].
Tensor swiglu(const Stored& x, Precision precision);
Tensor swiglu_grad(const Stored& dy, const Stored& x, Precision precision);
/// That, and what `swiglu` gives for x.
std::vector<Tensor> swiglu_grad_and_value(const Stored& dy, const Stored& x, Precision precision);

}  // namespace interfuse
