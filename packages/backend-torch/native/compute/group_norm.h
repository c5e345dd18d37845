// Group normalisation of images [B, H, W, C] (arXiv 1803.08494), with an optional SiLU behind it.
#pragma once

#include "types.h"

namespace interfuse {

/// [y, mean [B, groups], inverseStd [B, groups]].
std::vector<Tensor> group_norm(const Stored& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                               double epsilon, bool silu, Precision precision);

/// Mean and variance [B, groups] of each group of channels.
std::vector<Tensor> group_moments(const Stored& x, int64_t groups);

/// y of `group_norm` with moments [B, groups] that are known, of more than x.
Tensor group_norm_with(const Stored& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                       const Tensor& variance, int64_t groups, double epsilon, bool silu, Precision precision);

/// [dx, dWeight, dBias].
std::vector<Tensor> group_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& bias,
                                    const Tensor& mean, const Tensor& inverse_std, int64_t groups, bool silu,
                                    Precision precision);

}  // namespace interfuse
