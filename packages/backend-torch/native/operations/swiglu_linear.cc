#include "swiglu_linear.h"

#ifdef INTERFUSE_DEVICES
#include "../aten/forms.h"
#endif
#include "../compute/activation.h"
#include "linear.h"

namespace interfuse {

Tensor swiglu_linear(const Stored& x, const Stored& weight, const std::optional<Tensor>& residual, bool float32_output,
                     Precision precision) {
  Slot gated;
#ifdef INTERFUSE_DEVICES
  if (!x.tensor().is_cpu()) gated.tensor = aten::swiglu(x, precision);
#endif
  if (!gated.tensor.defined()) gated.tensor = swiglu(x, precision);
  return linear({&gated}, weight, std::nullopt, residual, float32_output, precision);
}

std::vector<Tensor> swiglu_linear_grad(const Stored& dy, const Stored& x, const Stored& weight, Precision precision) {
  Slot gradient{linear_grad_input(dy, weight, precision)};
#ifdef INTERFUSE_DEVICES
  if (!x.tensor().is_cpu()) return aten::swiglu_grad_and_value({&gradient}, x, precision);
#endif
  return swiglu_grad_and_value({&gradient}, x, precision);
}

}  // namespace interfuse
