#pragma once

#include "types.h"

namespace interfuse {

/// What is added to a product before it is stored; either may be undefined.
struct Addends {
  Tensor bias;      // [O], float32
  Tensor residual;  // [.., O], float32
};

}  // namespace interfuse
