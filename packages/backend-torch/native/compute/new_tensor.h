// New tensors on the processor. libtorch's own functions for this are declared in headers that take the compiler seconds in
// every file; one file pays for all.
#pragma once

#include "types.h"

namespace interfuse {

/// A contiguous tensor whose elements are not set.
Tensor empty_tensor(at::IntArrayRef shape, at::ScalarType type);

Tensor zero_tensor(at::IntArrayRef shape, at::ScalarType type);

/// `x` with zeros around it: how many before and after every axis, the last axis first.
Tensor zero_padded(const Tensor& x, at::IntArrayRef padding);

}  // namespace interfuse
