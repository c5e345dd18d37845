// Finding values: distinct ones, places in sorted rows; and small results about shapes.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// The distinct slices of x along `axis` in order of appearance, and for each slice the int32 number of its equal.
std::vector<Tensor> unique(const Tensor& x, int64_t axis);

/// For values [B, m] where they would go in sorted rows [B, n], int32: before equal ones, or after them when `after`.
Tensor search_sorted(const Tensor& sorted, const Tensor& values, bool after);

/// The flattened x on the diagonal of a tensor of twice its axes.
Tensor diagonal(const Tensor& x);

/// The shape, int32 [rank], to which two shapes broadcast.
Tensor broadcast_shapes(const Tensor& a, const Tensor& b);

}  // namespace interfuse
