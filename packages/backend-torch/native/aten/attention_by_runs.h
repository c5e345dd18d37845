// Attention run by run with products in float32: for devices and precisions that libtorch has no fused kernel for, and what
// such a kernel is tested against. Scores exist for some thousand pairs of tokens at a time.
#pragma once

#include <vector>

#include "attention_runs.h"

namespace interfuse::aten {

/// What attention reads, all in float32: query [L, N, K], key and value [S, G, K].
struct AttentionOperands {
  Tensor query, key, value;
  double scale;
};

/// [output [L, N, K] stored as `type`, logSumExp [L, N]].
std::vector<Tensor> attention_by_runs(const std::vector<AttentionRun>& runs, const AttentionOperands& in,
                                      at::ScalarType type);

/// [dQuery, dKey, dValue] stored as `type`.
std::vector<Tensor> attention_by_runs_grad(const std::vector<AttentionRun>& runs, const AttentionOperands& in,
                                           const Tensor& dy, const Tensor& output, const Tensor& log_sum_exp,
                                           at::ScalarType type);

}  // namespace interfuse::aten
