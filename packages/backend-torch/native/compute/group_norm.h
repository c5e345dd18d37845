// Group normalisation of images [B, H, W, C] (arXiv 1803.08494), with an optional SiLU behind it.
#pragma once

#include "types.h"

namespace interfuse {

/// [y, mean [B, groups], inverseStd [B, groups]].
std::vector<Tensor> group_norm(const Stored& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                               double epsilon, bool silu, Precision precision);

/// [dx, dWeight, dBias].
std::vector<Tensor> group_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& bias,
                                    const Tensor& mean, const Tensor& inverse_std, int64_t groups, bool silu,
                                    Precision precision);

}  // namespace interfuse
