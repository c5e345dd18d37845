// What indices of a gather or scatter say, on every device.
#pragma once

#include <ATen/ATen.h>

#include "../compute/types.h"

namespace interfuse {

/// Elements of the axes [from, to).
inline int64_t product_of_sizes(at::IntArrayRef sizes, int64_t from, int64_t to) {
  int64_t product = 1;
  for (int64_t i = from; i < to; ++i) product *= sizes[i];
  return product;
}

/// Coordinates per index of a scatter: a list of plain numbers has one each.
inline int64_t scatter_depth(const Tensor& indices) { return indices.dim() > 1 ? indices.size(-1) : 1; }

/// @throws c10::Error when an index has more coordinates than the tensor has axes.
inline void check_depth(int64_t depth, at::IntArrayRef shape) {
  TORCH_CHECK(depth <= static_cast<int64_t>(shape.size()), "indices have ", depth, " coordinates, the tensor ",
              shape.size(), " axes");
}

/// The tuples of `depth` coordinates over the first axes of `shape` as int64 [tuples, depth], contiguous.
inline Tensor coordinates_of(const Tensor& indices, int64_t depth, at::IntArrayRef shape) {
  check_depth(depth, shape);
  // Tuples of no coordinates stand for all of the tensor.
  const int64_t tuples = depth == 0 ? product_of_sizes(indices.sizes(), 0, indices.dim() - 1) : indices.numel() / depth;
  return indices.reshape({tuples, depth}).to(at::kLong).contiguous();
}

}  // namespace interfuse
