#include "gather.h"

#include <random>

#include "elementwise.h"
#include "gather_indices.h"
#include "../compute/type_codes.h"

namespace interfuse {

namespace {

void check_indices(const int32_t* indices, int64_t count, int64_t limit) {
  for (int64_t i = 0; i < count; ++i) {
    TORCH_CHECK(indices[i] >= 0 && indices[i] < limit, "the index value ", indices[i], " is not in [0, ", limit - 1,
                "]");
  }
}

/// Flat row number of each tuple of `depth` coordinates over the first axes of `shape`. @throws c10::Error when one is
/// outside.
Tensor flat_rows(const Tensor& indices, int64_t depth, at::IntArrayRef shape) {
  const Tensor coordinates = coordinates_of(indices, depth, shape);
  const int64_t count = coordinates.size(0);
  Tensor rows = at::zeros({count}, at::kLong);
  auto* row = rows.data_ptr<int64_t>();
  const auto* coordinate = coordinates.data_ptr<int64_t>();
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t axis = 0; axis < depth; ++axis) {
      const int64_t value = coordinate[i * depth + axis];
      TORCH_CHECK(value >= 0 && value < shape[axis], "index ", value, " is outside [0, ", shape[axis], ") on axis ",
                  axis);
      row[i] = row[i] * shape[axis] + value;
    }
  }
  return rows;
}

}  // namespace

Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis, int64_t batch_axes) {
  Ints shape(x.sizes().begin(), x.sizes().begin() + axis);
  for (int64_t i = batch_axes; i < indices.dim(); ++i) shape.push_back(indices.size(i));
  for (int64_t i = axis + 1; i < x.dim(); ++i) shape.push_back(x.size(i));
  const Tensor flat = indices.contiguous().to(at::kInt);
  check_indices(flat.data_ptr<int32_t>(), flat.numel(), x.size(axis));
  if (batch_axes == 0) return at::index_select(x, axis, flat.reshape({-1})).reshape(shape);
  const int64_t batches = product_of_sizes(x.sizes(), 0, batch_axes);
  if (batches == 0) return at::empty(shape, x.options());
  Ints rest(x.sizes().begin() + batch_axes, x.sizes().end());
  rest.insert(rest.begin(), batches);
  const Tensor batched = x.reshape(rest);
  const Tensor batched_indices = flat.reshape({batches, -1});
  std::vector<Tensor> results;
  for (int64_t b = 0; b < batches; ++b)
    results.push_back(at::index_select(batched[b], axis - batch_axes, batched_indices[b]));
  return at::stack(results).reshape(shape);
}

Tensor gather_nd(const Tensor& x, const Tensor& indices) {
  const int64_t depth = indices.size(-1);
  check_depth(depth, x.sizes());
  const int64_t inner = product_of_sizes(x.sizes(), depth, x.dim());
  const Tensor rows = x.reshape({product_of_sizes(x.sizes(), 0, depth), inner});
  Ints shape(indices.sizes().begin(), indices.sizes().end() - 1);
  shape.insert(shape.end(), x.sizes().begin() + depth, x.sizes().end());
  return at::index_select(rows, 0, flat_rows(indices, depth, x.sizes())).reshape(shape);
}

Tensor scatter_nd(const Tensor& indices, const Tensor& updates, const Ints& shape) {
  const int64_t depth = scatter_depth(indices);
  const int64_t inner = product_of_sizes(shape, depth, static_cast<int64_t>(shape.size()));
  const Tensor type_safe = numeric(updates);
  const Tensor targets = flat_rows(indices, depth, shape);
  Tensor rows = at::zeros({product_of_sizes(shape, 0, depth), inner}, type_safe.options());
  rows.index_add_(0, targets, type_safe.reshape({targets.size(0), inner}));
  return rows.reshape(shape).to(updates.scalar_type());
}

Tensor scatter_update(const Tensor& x, const Tensor& indices, const Tensor& updates) {
  const int64_t depth = scatter_depth(indices);
  const int64_t inner = product_of_sizes(x.sizes(), depth, x.dim());
  const Tensor targets = flat_rows(indices, depth, x.sizes());
  Tensor result = x.clone(at::MemoryFormat::Contiguous);
  result.view({product_of_sizes(x.sizes(), 0, depth), inner})
      .index_copy_(0, targets, updates.reshape({targets.size(0), inner}));
  return result;
}

Tensor segment_sum(const Tensor& x, const Tensor& ids, int64_t count) {
  TORCH_CHECK(ids.dim() <= x.dim() && x.sizes().slice(0, ids.dim()) == ids.sizes(),
              "the segment numbers must have the shape of x's first axes");
  const Tensor flat_ids = ids.reshape({-1}).to(at::kLong);
  const int64_t inner = product_of_sizes(x.sizes(), ids.dim(), x.dim());
  Ints shape(x.sizes().begin() + ids.dim(), x.sizes().end());
  shape.insert(shape.begin(), count);
  const Tensor kept = at::nonzero((flat_ids >= 0).logical_and(flat_ids < count)).reshape({-1});
  const bool all_kept = kept.numel() == flat_ids.numel();
  const Tensor rows = numeric(x).reshape({flat_ids.numel(), inner});
  Tensor result = at::zeros({count, inner}, rows.options());
  result.index_add_(0, all_kept ? flat_ids : flat_ids.index_select(0, kept),
                    all_kept ? rows : rows.index_select(0, kept));
  return result.reshape(shape);
}

Tensor one_hot(const Tensor& indices, int64_t depth, double on, double off, int64_t code) {
  const Tensor positions = at::arange(depth, indices.options().dtype(at::kInt));
  const Tensor hits = indices.to(at::kInt).unsqueeze(-1) == positions;
  const auto options = indices.options().dtype(scalar_type(static_cast<TypeCode>(code)));
  return at::where(hits, at::full({}, on, options), at::full({}, off, options));
}

Tensor multinomial(const Tensor& logits, int64_t count, int64_t seed, bool normalised) {
  const Tensor probabilities = (normalised ? floating(logits) : at::softmax(logits, -1, at::kFloat)).contiguous();
  const int64_t rows = probabilities.size(0);
  const int64_t classes = probabilities.size(1);
  Tensor draws = at::empty({rows, count}, at::kInt);
  auto* draw = draws.data_ptr<int32_t>();
  const auto* probability = probabilities.data_ptr<float>();
  std::mt19937_64 random(static_cast<uint64_t>(seed));
  std::vector<double> cumulative(classes);
  for (int64_t row = 0; row < rows; ++row) {
    double total = 0;
    for (int64_t c = 0; c < classes; ++c) cumulative[c] = total += probability[row * classes + c];
    for (int64_t i = 0; i < count; ++i) {
      const double uniform = static_cast<double>(random() >> 11) * 0x1p-53 * total;
      const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), uniform);
      draw[row * count + i] = static_cast<int32_t>(std::min<int64_t>(found - cumulative.begin(), classes - 1));
    }
  }
  return draws;
}

Tensor bincount(const Tensor& x, const Tensor& weights, int64_t size, bool binary) {
  const Tensor values = (x.dim() == 2 ? x : x.reshape({1, -1})).to(at::kLong);
  const bool weighted = weights.numel() > 0;
  const int64_t rows = values.size(0);
  const Tensor kept = (values >= 0).logical_and(values < size);
  Tensor amounts = weighted ? weights.reshape(values.sizes()) : at::ones(values.sizes(), weights.options());
  amounts = at::where(kept, amounts, at::zeros_like(amounts));
  Tensor result = at::zeros({rows, size}, amounts.options());
  if (size > 0) result.scatter_add_(1, at::where(kept, values, at::zeros_like(values)), amounts);
  if (binary) result = (result != 0).to(amounts.scalar_type());
  return x.dim() == 2 ? result : result.reshape({size});
}

}  // namespace interfuse
