// Root-mean-square normalisation of rows: single passes over the activations.
#pragma once

#include "types.h"

namespace interfuse {

/// y = x * inverseRms * weight over the last axis, inverseRms = 1 / sqrt(mean(x^2) + epsilon): [y, inverseRms].
std::vector<Tensor> rms_norm(const Stored& x, const Tensor& weight, double epsilon, Precision precision);

/// [dx, dWeight]; dx in the storage type of x (float32 for the residual stream), dWeight float32.
std::vector<Tensor> rms_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& inverse_rms);

}  // namespace interfuse
