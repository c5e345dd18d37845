// Picking and scattering elements by index.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// x with `axis` replaced by the axes of `indices`; the first `batch_axes` axes are common to both.
Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis, int64_t batch_axes);
/// Slices of x at the coordinates in the last axis of `indices`.
Tensor gather_nd(const Tensor& x, const Tensor& indices);
/// Zeros of `shape` with `updates` added at the coordinates in the last axis of `indices`.
Tensor scatter_nd(const Tensor& indices, const Tensor& updates, const Ints& shape);
/// x with the slices at `indices` replaced.
Tensor scatter_update(const Tensor& x, const Tensor& indices, const Tensor& updates);
/// Row sums by segment; rows whose id is outside [0, count) are dropped.
Tensor segment_sum(const Tensor& x, const Tensor& ids, int64_t count);
Tensor one_hot(const Tensor& indices, int64_t depth, double on, double off, int64_t code);
/// Draws int32 [B, count] from rows of logits [B, V] (or probabilities when `normalised`), reproducible by `seed`.
Tensor multinomial(const Tensor& logits, int64_t count, int64_t seed, bool normalised);
/// out[.., i] += 1 (or weights) for values i in [0, size); x of rank 1 or 2.
Tensor bincount(const Tensor& x, const Tensor& weights, int64_t size, bool binary);

}  // namespace interfuse
