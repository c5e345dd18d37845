// Random numbers as `@interfuse/tensor` defines them: a pure function of key, stream and position.
#pragma once

#include "types.h"

namespace interfuse {

/// What describes a run of numbers: seven integers, (key low, high), (stream low, high), (position low, high), count.
constexpr int64_t kRunSize = 7;

/// Standard normal numbers [total count], float32: one run after another. @throws c10::Error for a negative count
Tensor normal(Int32Span runs);

}  // namespace interfuse
