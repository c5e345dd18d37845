// What a user reads of a C++ failure.
#pragma once

#include <string>

namespace interfuse {

/// The first line of `message`, without libtorch's source lines; what takes more memory than there is says so and what to do.
std::string explained(const std::string& message);

}  // namespace interfuse
