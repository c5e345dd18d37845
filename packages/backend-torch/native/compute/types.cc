#include "types.h"

#include <ATen/ATen.h>

namespace interfuse {

Tensor in_precision(const Stored& stored, Precision precision) {
  const Tensor& tensor = stored.tensor();
  if (precision == Precision::kFloat32) return widened(tensor);
  if (is_bfloat16(tensor)) return tensor;
  if (!stored.slot->bfloat16.defined()) stored.slot->bfloat16 = tensor.to(at::kBFloat16);
  return stored.slot->bfloat16;
}

}  // namespace interfuse
