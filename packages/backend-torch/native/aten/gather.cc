// Gathering and scattering by index. As TensorFlow's kernels for GPUs do, a gather gives zeros for an index that lies
// outside, and a scatter leaves it out.
#include "../operations/gather.h"

#include "../operations/elementwise.h"
#include "../operations/gather_indices.h"
#include "forms.h"

namespace interfuse::aten {

namespace {

/// Rows of x [rows, ..] by `rows` [n]; zeros where a row is not in [0, rows).
Tensor rows_or_zeros(const Tensor& x, const Tensor& rows) {
  const int64_t count = x.size(0);
  Ints sizes = x.sizes().vec();
  sizes[0] = rows.numel();
  if (count == 0) return at::zeros(sizes, x.options());
  Ints column(x.dim(), 1);
  column[0] = rows.numel();
  const Tensor is_outside = (rows < 0).logical_or_(rows >= count).reshape(column);
  return at::index_select(x, 0, rows.clamp(0, count - 1)).masked_fill_(is_outside, 0);
}

/// Flat row number of each tuple of `depth` coordinates over the first axes of `shape`; their product for one outside.
Tensor flat_rows(const Tensor& indices, int64_t depth, at::IntArrayRef shape) {
  const Tensor coordinates = coordinates_of(indices, depth, shape);
  Tensor rows = at::zeros({coordinates.size(0)}, coordinates.options());
  Tensor is_outside = at::zeros({coordinates.size(0)}, coordinates.options().dtype(at::kBool));
  for (int64_t axis = 0; axis < depth; ++axis) {
    const Tensor coordinate = coordinates.select(1, axis);
    is_outside.logical_or_(coordinate < 0).logical_or_(coordinate >= shape[axis]);
    rows.mul_(shape[axis]).add_(coordinate);
  }
  return rows.masked_fill_(is_outside, product_of_sizes(shape, 0, depth));
}

/// Memory for `rows` rows and one more, which takes what is scattered outside.
Tensor with_spare_row(int64_t rows, int64_t size, const at::TensorOptions& options) {
  return at::zeros({rows + 1, size}, options);
}

}  // namespace

Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis, int64_t batch_axes) {
  // [batches, outer, size, inner], one run of indices for each batch.
  const int64_t batches = product_of_sizes(x.sizes(), 0, batch_axes);
  const int64_t outer = product_of_sizes(x.sizes(), batch_axes, axis);
  const int64_t inner = product_of_sizes(x.sizes(), axis + 1, x.dim());
  const int64_t size = x.size(axis);
  const int64_t count = indices.numel() / std::max<int64_t>(1, batches);
  Ints shape(x.sizes().begin(), x.sizes().begin() + axis);
  for (int64_t i = batch_axes; i < indices.dim(); ++i) shape.push_back(indices.size(i));
  for (int64_t i = axis + 1; i < x.dim(); ++i) shape.push_back(x.size(i));
  const Tensor positions = indices.reshape({batches, 1, count}).to(at::kLong);
  const Tensor offsets = at::arange(batches * outer, positions.options()).reshape({batches, outer, 1}).mul_(size);
  const Tensor is_outside = (positions < 0).logical_or_(positions >= size);
  const Tensor rows = at::add(positions, offsets).masked_fill_(is_outside, -1);
  return rows_or_zeros(x.reshape({batches * outer * size, inner}), rows.reshape({-1})).reshape(shape);
}

Tensor gather_nd(const Tensor& x, const Tensor& indices) {
  const int64_t depth = indices.size(-1);
  check_depth(depth, x.sizes());
  const int64_t inner = product_of_sizes(x.sizes(), depth, x.dim());
  Ints shape(indices.sizes().begin(), indices.sizes().end() - 1);
  shape.insert(shape.end(), x.sizes().begin() + depth, x.sizes().end());
  const Tensor rows = x.reshape({product_of_sizes(x.sizes(), 0, depth), inner});
  return rows_or_zeros(rows, flat_rows(indices, depth, x.sizes())).reshape(shape);
}

Tensor scatter_nd(const Tensor& indices, const Tensor& updates, const Ints& shape) {
  const int64_t depth = scatter_depth(indices);
  const int64_t count = product_of_sizes(shape, 0, depth);
  const int64_t inner = product_of_sizes(shape, depth, static_cast<int64_t>(shape.size()));
  const Tensor targets = flat_rows(indices, depth, shape);
  const Tensor added = numeric(updates).reshape({targets.size(0), inner});
  Tensor sums = with_spare_row(count, inner, added.options());
  sums.index_add_(0, targets, added);
  return sums.narrow(0, 0, count).reshape(shape).to(updates.scalar_type());
}

Tensor scatter_update(const Tensor& x, const Tensor& indices, const Tensor& updates) {
  const int64_t depth = scatter_depth(indices);
  const int64_t count = product_of_sizes(x.sizes(), 0, depth);
  const int64_t inner = product_of_sizes(x.sizes(), depth, x.dim());
  Tensor result = with_spare_row(count, inner, x.options());
  result.narrow(0, 0, count).copy_(x.reshape({count, inner}));
  const Tensor targets = flat_rows(indices, depth, x.sizes());
  result.index_copy_(0, targets, updates.reshape({targets.size(0), inner}));
  return result.narrow(0, 0, count).reshape(x.sizes());
}

}  // namespace interfuse::aten
