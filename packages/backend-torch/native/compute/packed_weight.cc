#include "packed_weight.h"

#include "bfloat16_product.h"

#ifdef __AVX512BF16__

namespace interfuse {

std::shared_ptr<const Panels> packed_weight(const Stored& weight) {
  Slot& slot = *weight.slot;
  if (slot.panels != nullptr) return slot.panels;
  auto panels = std::make_shared<const Panels>(weight_panels(in_precision(weight, Precision::kBfloat16)));
  if (slot.was_packed) {
    slot.panels = panels;
    slot.bfloat16 = Tensor();
  }
  slot.was_packed = true;
  return panels;
}

}  // namespace interfuse

#endif
