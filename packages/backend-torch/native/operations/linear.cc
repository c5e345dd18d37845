#include "linear.h"

#include <ATen/ATen.h>

#include "../compute/addition.h"
#include "product.h"

namespace interfuse {

Tensor linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias,
              const std::optional<Tensor>& residual, bool float32_output, Precision precision) {
  if (bias) require_float(*bias);
  if (residual) require_float(*residual);
  return linear_product(in_precision(x, precision), weight,
                        {bias.value_or(Tensor()), residual.value_or(Tensor())},
                        float32_output || residual ? at::kFloat : activation_type(precision));
}

Tensor linear_grad_input(const Stored& dy, const Stored& weight, Precision precision) {
  return column_product(in_precision(dy, precision), in_precision(weight, precision), {});
}

Tensor linear_grad_weight(const Stored& dy, const Stored& x, Precision precision) {
  return transposed_product(flattened(in_precision(dy, precision)), flattened(in_precision(x, precision)));
}

Tensor linear_grad_bias(const Stored& dy) {
  return dy.tensor().is_cpu() ? sum_of_rows(dy) : at::sum(flattened(widened(dy.tensor())), {0});
}

}  // namespace interfuse
