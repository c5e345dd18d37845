// Attention over key ranges: row i of `key_ranges` [L, 4] = (a0, a1, b0, b1) lets query i see the keys [a0,a1) and
// [b0,b1) (disjoint, ordered). Only visible keys are computed; an L x S matrix never exists. Like FlashAttention
// (arXiv 2205.14135): softmax in tiles with running maxima, the backward pass recomputes probabilities.
#pragma once

#include "types.h"

namespace interfuse {

/// query [L,N,K], key and value [S,G,K] with N a multiple of G: [output [L,N,K], logSumExp [L,N]].
/// A query that sees nothing gives zeros and a logSumExp of 0.
std::vector<Tensor> attention(const Stored& query, const Stored& key, const Stored& value, Int32Span key_ranges,
                              double scale, Precision precision);

/// [dQuery, dKey, dValue]; zero for queries that see nothing and keys that nobody sees.
std::vector<Tensor> attention_grad(const Stored& dy, const Stored& query, const Stored& key, const Stored& value,
                                   const Stored& output, const Tensor& log_sum_exp, Int32Span key_ranges, double scale,
                                   Precision precision);

}  // namespace interfuse
