#include <ATen/ATen.h>

#include "../operations/elementwise.h"
#include "forms.h"

namespace interfuse::aten {

Tensor step(const Tensor& x, double alpha) {
  const Tensor numbers = numeric(x);
  const Tensor y = at::where(numbers > 0, at::ones_like(numbers), at::full_like(numbers, alpha));
  return x.is_floating_point() ? at::where(at::isnan(x), x, y) : y;
}

}  // namespace interfuse::aten
