// Sums of tensors whose storage types differ, and of a tensor's rows, in single passes.
#pragma once

#include "types.h"

namespace interfuse {

/// Whether `sum_of` can add b to a: of the same shape, or all of b is repeated along neighbouring axes where it has size one
/// or none.
bool can_sum(const Tensor& a, const Tensor& b);

/// a + b, float32, for logical float32 tensors of which `can_sum` holds.
Tensor sum_of(const Tensor& a, const Tensor& b);

/// The sum over all axes but the last, float32.
Tensor sum_of_rows(const Stored& x);

}  // namespace interfuse
