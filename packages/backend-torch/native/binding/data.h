// Functions of the addon that move data and settings rather than compute.
#pragma once

#include "bind.h"

namespace interfuse {

std::vector<Entry> data_entries();

/// Keeps glibc from giving memory back to the system after every training step, for the whole process.
void raise_allocator_thresholds();

}  // namespace interfuse
