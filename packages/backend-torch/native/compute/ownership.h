// Memory that a kernel may overwrite: in-place kernels ask for it first.
#pragma once

#include "types.h"

namespace interfuse {

/// Gives the slot memory of its own when another tensor shares it, and drops its cached bfloat16 copy.
void own_memory(Slot& slot);

/// The same for a parameter, keeping the cached copy, which the update has to refresh.
void own_parameter(Slot& slot);

}  // namespace interfuse
