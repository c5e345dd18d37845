// Weights as products of bfloat16 read them, packed anew only when they change.
#pragma once

#include <memory>

#include "bfloat16_panels.h"

namespace interfuse {

/// The weight [O, I] in its slot as the right operand of `bfloat16_linear`. In training most weights are multiplied once
/// before they change: panels are kept from the second time on, in place of the bfloat16 copy they were made from.
std::shared_ptr<const Panels> packed_weight(const Stored& weight);

/// The same of a weight [kh, kw, C, O] for `bfloat16_convolution`.
std::shared_ptr<const Panels> packed_convolution_weight(const Stored& weight);

}  // namespace interfuse
