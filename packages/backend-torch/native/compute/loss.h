// Cross-entropy of rows of logits against one target each, without keeping probabilities.
#pragma once

#include "types.h"

namespace interfuse {

/// [loss [L], logSumExp [L]]; a target of -1 gives loss 0. @throws c10::Error for a target outside [-1, V)
std::vector<Tensor> cross_entropy(const Stored& logits, const Tensor& targets);

/// dy * (softmax(logits) - one-hot(target)), zero where the target is -1. In bfloat16 precision the result is stored
/// so: it feeds the products of the output projection, which would round it anyway.
Tensor cross_entropy_grad(const Tensor& dy, const Stored& logits, const Tensor& targets, const Tensor& log_sum_exp,
                          Precision precision);

}  // namespace interfuse
