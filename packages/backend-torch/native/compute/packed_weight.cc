#include "packed_weight.h"

#include "bfloat16_convolution.h"

#ifdef __AVX512BF16__

namespace interfuse {

namespace {

/// What `pack` makes of a weight. A slot keeps its shape, so that all who read it want the same of it.
template <typename Pack>
std::shared_ptr<const Panels> packed(Slot& slot, Pack pack) {
  if (slot.panels != nullptr) return slot.panels;
  auto panels = std::make_shared<const Panels>(pack());
  if (slot.was_packed) {
    slot.panels = panels;
    slot.bfloat16 = Tensor();
  }
  slot.was_packed = true;
  return panels;
}

}  // namespace

std::shared_ptr<const Panels> packed_weight(const Stored& weight) {
  return packed(*weight.slot, [&] { return weight_panels(in_precision(weight, Precision::kBfloat16)); });
}

std::shared_ptr<const Panels> packed_convolution_weight(const Stored& weight) {
  return packed(*weight.slot, [&] { return convolution_weight(weight.tensor()); });
}

}  // namespace interfuse

#endif
