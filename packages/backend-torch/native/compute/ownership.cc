#include "ownership.h"

#include <ATen/ops/clone.h>

namespace interfuse {

void own_memory(Slot& slot) {
  slot.bfloat16 = Tensor();
  const Tensor& tensor = slot.tensor;
  const bool shared = tensor.storage().use_count() > 1;
  if (shared || !tensor.is_contiguous()) slot.tensor = tensor.clone(at::MemoryFormat::Contiguous);
}

void own_parameter(Slot& slot) {
  const Tensor copy = slot.bfloat16;
  own_memory(slot);
  slot.bfloat16 = copy;
}

}  // namespace interfuse
