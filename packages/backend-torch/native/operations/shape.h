// Functions that move elements without computing. Those that take `Stored` keep the storage type.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// A view with another shape (a copy only where the data is strided).
Tensor reshape(const Stored& x, const Ints& shape);
Tensor transpose(const Stored& x, const Ints& permutation);
/// A view on a block, or a copy when the block is a small part of its source (which a view would keep alive).
Tensor slice(const Stored& x, const Ints& begin, const Ints& size);
/// Every element `begin + i * stride` before `end` on each axis; strides may be negative.
Tensor strided_slice(const Tensor& x, const Ints& begin, const Ints& end, const Ints& strides);
Tensor concat(const std::vector<Stored>& parts, int64_t axis);
/// Views of the given sizes along `axis`.
std::vector<Tensor> split(const Stored& x, const Ints& sizes, int64_t axis);
Tensor pack(const std::vector<Tensor>& parts, int64_t axis);
std::vector<Tensor> unpack(const Tensor& x, int64_t axis);
Tensor tile(const Tensor& x, const Ints& repeats);
Tensor reverse(const Tensor& x, const Ints& axes);
/// `paddings` is [before, after] per axis, flattened.
Tensor pad(const Tensor& x, const Ints& paddings, double value);
/// Mirrors at the border; `repeat_edge` counts the border element itself ("symmetric").
Tensor mirror_pad(const Tensor& x, const Ints& paddings, bool repeat_edge);
Tensor broadcast_to(const Tensor& x, const Ints& shape);

Tensor fill(const Ints& shape, double value, int64_t code, at::Device device);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
/// start, start + step, ... in the type of a `TypeCode`.
Tensor range(double start, double step, int64_t count, int64_t code, at::Device device);
Tensor linspace(double start, double stop, int64_t count, at::Device device);

}  // namespace interfuse
