#include "ownership.h"

namespace interfuse {

void own_memory(Slot& slot) {
  const Tensor& tensor = slot.tensor;
  const bool shared = tensor.storage().use_count() > 1;
  slot = Slot{shared || !tensor.is_contiguous() ? tensor.clone(at::MemoryFormat::Contiguous) : tensor};
}

void own_parameter(Slot& slot) {
  const Tensor copy = slot.bfloat16;
  own_memory(slot);
  slot.bfloat16 = copy;
}

}  // namespace interfuse
