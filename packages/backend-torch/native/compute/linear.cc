#include "linear.h"

#include <ATen/ATen.h>

#include "bfloat16_product.h"
#include "matrix_unit_product.h"
#include "product.h"

namespace interfuse {

namespace {

Tensor flattened(const Tensor& x) { return x.reshape({-1, x.size(-1)}); }

/// The product without addends, in the precision's storage type or float32.
Tensor library_product(const Stored& x, const Stored& weight, bool float32_output, Precision precision) {
  if (precision == Precision::kFloat32 || !float32_output) {
    return linear_product(in_precision(x, precision), in_precision(weight, precision), std::nullopt);
  }
  const Tensor y = matrix_unit_linear(in_precision(x, precision), in_precision(weight, precision));
  return y.defined() ? y : linear_product(widened(x.tensor()), widened(weight.tensor()), std::nullopt);
}

}  // namespace

Tensor linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias,
              const std::optional<Tensor>& residual, bool float32_output, Precision precision) {
  const bool is_float32 = float32_output || residual || precision == Precision::kFloat32;
  if constexpr (kHasBfloat16Product) {
    if (precision == Precision::kBfloat16) {
      return bfloat16_linear(in_precision(x, precision), in_precision(weight, precision),
                             {bias.value_or(Tensor()), residual.value_or(Tensor())},
                             is_float32 ? at::kFloat : at::kBFloat16);
    }
  }
  Tensor y = library_product(x, weight, is_float32, precision);
  if (bias) y.add_(*bias);
  if (residual) y.add_(*residual);
  return y;
}

Tensor linear_grad_input(const Stored& dy, const Stored& weight, Precision precision) {
  const Tensor gradient = in_precision(dy, precision);
  if constexpr (kHasBfloat16Product) {
    if (precision == Precision::kBfloat16) return bfloat16_grad_input(gradient, in_precision(weight, precision));
  }
  return linear_product(gradient, in_precision(weight, precision).t(), std::nullopt);
}

Tensor linear_grad_weight(const Stored& dy, const Stored& x, Precision precision) {
  const Tensor gradient = flattened(in_precision(dy, precision));
  const Tensor rows = flattened(in_precision(x, precision));
  if constexpr (kHasBfloat16Product) {
    if (precision == Precision::kBfloat16) return bfloat16_grad_weight(gradient, rows);
  }
  return transposed_product(gradient, rows);
}

Tensor linear_grad_bias(const Tensor& dy) { return at::sum(flattened(dy), {0}); }

}  // namespace interfuse
