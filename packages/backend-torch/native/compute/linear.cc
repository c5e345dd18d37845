#include "linear.h"

#include <ATen/ATen.h>

#include "bfloat16_product.h"
#include "product.h"

namespace interfuse {

namespace {

Tensor flattened(const Tensor& x) { return x.reshape({-1, x.size(-1)}); }

/// The product in bfloat16 precision with float32 sums.
Tensor float32_linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias) {
  if (!has_bfloat16_product()) return linear_product(widened(x.tensor()), widened(weight.tensor()), bias);
  return bfloat16_product(in_precision(x, Precision::kBfloat16), in_precision(weight, Precision::kBfloat16), bias);
}

}  // namespace

Tensor linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias, bool float32_output,
              Precision precision) {
  if (float32_output && precision == Precision::kBfloat16) return float32_linear(x, weight, bias);
  std::optional<Tensor> typed_bias;
  if (bias) typed_bias = bias->to(activation_type(precision));
  return linear_product(in_precision(x, precision), in_precision(weight, precision), typed_bias);
}

Tensor linear_grad_input(const Stored& dy, const Stored& weight, Precision precision) {
  return linear_product(in_precision(dy, precision), in_precision(weight, precision).t(), std::nullopt);
}

Tensor linear_grad_weight(const Stored& dy, const Stored& x, Precision precision) {
  return transposed_product(flattened(in_precision(dy, precision)), flattened(in_precision(x, precision)));
}

Tensor linear_grad_bias(const Tensor& dy) { return at::sum(flattened(dy), {0}); }

}  // namespace interfuse
