// Discrete Fourier transforms along the last axis, complex64.
#pragma once

#include "../compute/types.h"

namespace interfuse {

Tensor fourier(const Tensor& x);
/// Divided by the length of the axis.
Tensor inverse_fourier(const Tensor& x);

}  // namespace interfuse
