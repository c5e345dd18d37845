// A failure whose message TensorFlow.js specifies word for word: it crosses into JavaScript unaltered.
#pragma once

#include <stdexcept>
#include <string>

namespace interfuse {

struct SpecifiedError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace interfuse
