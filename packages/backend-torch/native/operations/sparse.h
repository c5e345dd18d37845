// Sparse tensors as TensorFlow.js has them: coordinates [n, rank] and values [n], row by row.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// Adds `default_value` at column 0 of every empty row. Gives coordinates, values, which rows were empty (bool) and
/// where each entry went (int32). @throws SpecifiedError for a row outside the shape
std::vector<Tensor> sparse_fill_empty_rows(const Tensor& indices, const Tensor& values, const Tensor& shape,
                                           const Tensor& default_value);

/// Coordinates and shape after a reshape, with one -1 in `target` inferred. @throws SpecifiedError
std::vector<Tensor> sparse_reshape(const Tensor& indices, const Tensor& shape, const Tensor& target);

/// Sums or means of the rows x[indices] by sorted segment; a missing segment is 0. @throws SpecifiedError
Tensor sparse_segment_sum(const Tensor& x, const Tensor& indices, const Tensor& segments);
Tensor sparse_segment_mean(const Tensor& x, const Tensor& indices, const Tensor& segments);

/// A dense tensor of `shape` with `values` at `indices` (the last one wins) and `default_value` elsewhere.
Tensor sparse_to_dense(const Tensor& indices, const Tensor& values, const Tensor& default_value, const Ints& shape);

}  // namespace interfuse
