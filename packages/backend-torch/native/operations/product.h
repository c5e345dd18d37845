// Matrix products: which library computes them in which storage type.
#pragma once

#include "../compute/addends.h"
#include "../compute/types.h"

namespace interfuse {

/// Whether oneDNN multiplies bfloat16 on this processor. Elsewhere ATen's own loops do, which are slow and may round every sum.
#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
constexpr bool kHasOneDnnBfloat16 = true;
#else
constexpr bool kHasOneDnnBfloat16 = false;
#endif

/// x [.., I] times the transpose of weight [O, I], both in one storage type, plus addends: [.., O] stored as `type`, for
/// which the sums are not rounded to bfloat16 if it is float32.
Tensor linear_product(const Tensor& x, const Tensor& weight, const Addends& addends, at::ScalarType type);

/// The same for a weight in its slot, in the storage type of x; what is made of it is kept while it does not change.
Tensor linear_product(const Tensor& x, const Stored& weight, const Addends& addends, at::ScalarType type);

/// x [.., K] times right [K, N], both in one storage type, plus addends: [.., N] in that type.
Tensor column_product(const Tensor& x, const Tensor& right, const Addends& addends);

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
