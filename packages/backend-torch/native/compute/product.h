// Matrix products: which library computes them in which storage type.
#pragma once

#include "types.h"

namespace interfuse {

/// x [.., I] times the transpose of weight [O, I], plus bias [O]: [.., O]. Both in one storage type.
Tensor linear_product(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias);

/// a [L, O] transposed times b [L, I], both in one storage type: [O, I] in float32.
Tensor transposed_product(const Tensor& a, const Tensor& b);

/// Batched a [.., M, K] times b [.., K, N] with either operand transposed; batch axes broadcast.
Tensor batch_matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b);

/// `batch_matmul`, bias and activation in one call (see `apply_activation`).
Tensor fused_matmul(const Tensor& a, const Tensor& b, const std::optional<Tensor>& bias,
                    const std::optional<Tensor>& prelu_weights, bool transpose_a, bool transpose_b,
                    const std::string& activation, double alpha);

/// TensorFlow.js's fused activations by name: linear, relu, relu6, elu, prelu, leakyrelu, sigmoid.
Tensor apply_activation(const Tensor& x, const std::string& activation, const std::optional<Tensor>& prelu_weights,
                        double alpha);

Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands);

}  // namespace interfuse
