// The addon's functions in groups; each table lists JavaScript name and computing function, one line each.
#pragma once

#include "bind.h"

namespace interfuse {

std::vector<Entry> elementwise_entries();
std::vector<Entry> shape_entries();
std::vector<Entry> network_entries();
std::vector<Entry> image_entries();
std::vector<Entry> fused_entries();

}  // namespace interfuse
