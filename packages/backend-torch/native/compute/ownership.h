// Memory that a kernel may overwrite: in-place kernels ask for it first.
#pragma once

#include "types.h"

namespace interfuse {

/// Gives the slot memory of its own when another tensor shares it, and drops what products made of it.
void own_memory(Slot& slot);

/// The same for a parameter, keeping the bfloat16 copy, which the update has to refresh.
void own_parameter(Slot& slot);

}  // namespace interfuse
