#include "swiglu_linear.h"

#ifdef INTERFUSE_DEVICES
#include "../aten/forms.h"
#endif
#include "../compute/activation.h"
#include "linear.h"

namespace interfuse {

namespace {

/// By the form for the device.
Tensor gated_values(const Stored& x, Precision precision) {
#ifdef INTERFUSE_DEVICES
  if (!x.tensor().is_cpu()) return aten::swiglu(x, precision);
#endif
  return swiglu(x, precision);
}

std::vector<Tensor> gradient_and_values(const Stored& dy, const Stored& x, Precision precision) {
#ifdef INTERFUSE_DEVICES
  if (!x.tensor().is_cpu()) return aten::swiglu_grad_and_value(dy, x, precision);
#endif
  return swiglu_grad_and_value(dy, x, precision);
}

}  // namespace

Tensor swiglu_linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& residual, bool float32_output,
                     Precision precision) {
  Slot values{gated_values(x, precision)};
  return linear({&values}, weight, std::nullopt, residual, float32_output, precision);
}

std::vector<Tensor> swiglu_linear_grad(const Stored& dy, const Stored& x, const Stored& weight, Precision precision) {
  Slot gradient{linear_grad_input(dy, weight, precision)};
  return gradient_and_values({&gradient}, x, precision);
}

}  // namespace interfuse
