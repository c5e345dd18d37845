#include "sparse.h"

#include <ATen/ATen.h>

#include "../compute/specified_error.h"

namespace interfuse {

namespace {

/// The int32 values of a small tensor (coordinates, a shape, segment numbers).
std::vector<int32_t> integers(const Tensor& x) {
  const Tensor plain = x.to(at::kInt).contiguous();
  const auto* from = plain.data_ptr<int32_t>();
  return {from, from + plain.numel()};
}

Tensor int_tensor(const std::vector<int32_t>& values, const Ints& shape) {
  return at::tensor(values, at::kInt).reshape(shape);
}

std::string text(int64_t value) { return std::to_string(value); }

template <typename Sizes>
int64_t product(const Sizes& sizes) {
  int64_t result = 1;
  for (const auto size : sizes) result *= size;
  return result;
}

std::string list(const Ints& sizes) {
  std::string result;
  for (const int64_t size : sizes) result += (result.empty() ? "" : ",") + text(size);
  return result;
}

}  // namespace

std::vector<Tensor> sparse_fill_empty_rows(const Tensor& indices, const Tensor& values, const Tensor& shape,
                                           const Tensor& default_value) {
  const int64_t count = indices.size(0), rank = indices.size(1);
  TORCH_CHECK(rank > 0 && shape.numel() > 0, "a sparse tensor without axes has no rows");
  const int64_t rows = integers(shape)[0];
  const auto coordinates = integers(indices);
  if (rows == 0 && count != 0) {
    throw SpecifiedError("Received SparseTensor with denseShape[0] = 0 but\n  indices.shape[0] = " + text(count));
  }
  std::vector<int32_t> in_row(rows, 0);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = coordinates[i * rank];
    const std::string where = "indices(" + text(i) + ", 0) is invalid: " + text(row);
    if (row < 0) throw SpecifiedError(where + " < 0");
    if (row >= rows) throw SpecifiedError(where + " >= " + text(rows));
    ++in_row[row];
  }
  // Where each row begins in the result, in which an empty one has one entry.
  std::vector<int32_t> next(rows);
  int32_t total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    next[row] = total;
    total += std::max(in_row[row], 1);
  }
  std::vector<int32_t> filled(static_cast<size_t>(total) * rank, 0);
  std::vector<int32_t> sources(total, static_cast<int32_t>(count));  // entry `count` is the default value
  std::vector<int32_t> targets(count);
  for (int64_t row = 0; row < rows; ++row) {
    if (in_row[row] == 0) filled[static_cast<int64_t>(next[row]) * rank] = static_cast<int32_t>(row);
  }
  for (int64_t i = 0; i < count; ++i) {
    const int32_t target = next[coordinates[i * rank]]++;
    std::copy_n(coordinates.begin() + i * rank, rank, filled.begin() + static_cast<int64_t>(target) * rank);
    sources[target] = static_cast<int32_t>(i);
    targets[i] = target;
  }
  const Tensor candidates = at::cat({values, default_value.reshape({1}).to(values.scalar_type())});
  return {int_tensor(filled, {total, rank}), at::index_select(candidates, 0, int_tensor(sources, {total})),
          int_tensor(in_row, {rows}) == 0, int_tensor(targets, {count})};
}

std::vector<Tensor> sparse_reshape(const Tensor& indices, const Tensor& shape, const Tensor& target) {
  const auto from_values = integers(shape), to_values = integers(target);
  const Ints from(from_values.begin(), from_values.end());
  Ints to(to_values.begin(), to_values.end());
  const int64_t size = product(from);
  int64_t unknown = -1, known_size = 1;
  for (int64_t axis = 0; axis < static_cast<int64_t>(to.size()); ++axis) {
    if (to[axis] == -1) {
      if (unknown >= 0) {
        throw SpecifiedError("only one output dimension may be -1, not both " + text(unknown) + " and " + text(axis));
      }
      unknown = axis;
      to[axis] = 1;
    } else if (to[axis] < 0) {
      throw SpecifiedError("size " + text(axis) + " must be non-negative, not " + text(to[axis]));
    }
    known_size *= to[axis];
  }
  if (unknown >= 0) {
    if (known_size <= 0) {
      throw SpecifiedError(
          "reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are "
          "non-zero");
    }
    if (size % known_size != 0) {
      throw SpecifiedError("Input to reshape is a SparseTensor with " + text(size) +
                           "\n  dense values, but the requested shape requires a multiple of " + text(known_size) +
                           ". inputShape=" + list(from) + " outputShape= " + list(to));
    }
    to[unknown] = size / known_size;
  }
  if (product(to) != size) {
    throw SpecifiedError("Input to reshape is a tensor with " + text(size) +
                         " dense values, but the requested shape has " + text(product(to)) +
                         ". inputShape=" + list(from) + " outputShape=" + list(to));
  }
  const auto coordinates = integers(indices);
  const int64_t count = indices.size(0);
  const auto from_rank = static_cast<int64_t>(from.size()), to_rank = static_cast<int64_t>(to.size());
  TORCH_CHECK(indices.size(1) == from_rank, "indices have ", indices.size(1), " coordinates, inputShape ", from_rank,
              " axes");
  TORCH_CHECK(count == 0 || size > 0, "indices have ", count, " rows, but a tensor of shape [", list(from),
              "] has no elements");
  std::vector<int32_t> moved(count * to_rank);
  for (int64_t i = 0; i < count; ++i) {
    int64_t position = 0;
    for (int64_t axis = 0; axis < from_rank; ++axis) {
      position = position * from[axis] + coordinates[i * from_rank + axis];
    }
    for (int64_t axis = to_rank - 1; axis >= 0; --axis) {
      moved[i * to_rank + axis] = static_cast<int32_t>(position % to[axis]);
      position /= to[axis];
    }
  }
  return {int_tensor(moved, {count, to_rank}), at::tensor(to, at::kInt)};
}

namespace {

/// Checks what the reductions by segment are given, in TensorFlow.js's order. Returns the number of segments.
int64_t check_segments(const std::vector<int32_t>& indices, const std::vector<int32_t>& segments, int64_t rows) {
  if (indices.empty()) return 0;
  const int64_t count = int64_t{segments.back()} + 1;
  if (count <= 0) throw SpecifiedError("segment ids must be >= 0");
  for (size_t i = 0; i < indices.size(); ++i) {
    if (i == 0 || segments[i] != segments[i - 1]) {
      // What ends this segment is looked at before the segment itself.
      const auto end =
          std::find_if(segments.begin() + i, segments.end(), [&](int32_t id) { return id != segments[i]; });
      if (end != segments.end() && *end < segments[i]) throw SpecifiedError("segment ids are not increasing");
      if (segments[i] < 0 || segments[i] >= count) {
        throw SpecifiedError("Segment id " + text(segments[i]) + " out of range [0, " + text(count) +
                             "), possibly because segmentIds input is not sorted.");
      }
    }
    if (indices[i] < 0 || indices[i] >= rows) {
      throw SpecifiedError("Bad: indices[" + text(static_cast<int64_t>(i)) + "] == " + text(indices[i]) +
                           " out of range [0, " + text(rows) + ")");
    }
  }
  return count;
}

}  // namespace

Tensor sparse_segment_sum(const Tensor& x, const Tensor& indices, const Tensor& segments) {
  const int64_t count = check_segments(integers(indices), integers(segments), x.size(0));
  Ints shape(x.sizes().begin(), x.sizes().end());
  shape[0] = count;
  return at::zeros(shape, x.options())
      .index_add_(0, segments.to(at::kLong), at::index_select(x, 0, indices.to(at::kLong)));
}

Tensor sparse_segment_mean(const Tensor& x, const Tensor& indices, const Tensor& segments) {
  const Tensor sums = sparse_segment_sum(x, indices, segments);
  const Tensor sizes = at::zeros({sums.size(0)}, x.options())
                           .index_add_(0, segments.to(at::kLong), at::ones(segments.sizes(), x.options()));
  Ints column(x.dim(), 1);
  column[0] = sums.size(0);
  const Tensor divisors = sizes.clamp_min(1).reshape(column);
  return x.is_floating_point() ? sums / divisors : at::div(sums, divisors, "trunc");
}

Tensor sparse_to_dense(const Tensor& indices, const Tensor& values, const Tensor& default_value, const Ints& shape) {
  const int64_t depth = indices.dim() > 1 ? indices.size(-1) : 1;
  const int64_t count = depth == 0 ? 0 : indices.numel() / depth;
  const auto coordinates = integers(indices);
  Tensor result = at::empty(shape, values.options());
  result.copy_(default_value.to(values.scalar_type()).reshape({}));
  const Tensor each = values.dim() == 0 ? values.expand({count}) : values.reshape({-1});
  Tensor flat = result.view({-1});
  const Tensor positions = at::empty({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) {
    int64_t position = 0;
    for (int64_t axis = 0; axis < depth; ++axis) {
      const int64_t at = coordinates[i * depth + axis];
      TORCH_CHECK(at >= 0 && at < shape[axis], "index ", at, " is outside [0, ", shape[axis], ") on axis ", axis);
      position = position * shape[axis] + at;
    }
    positions.data_ptr<int64_t>()[i] = position;
  }
  flat.index_copy_(0, positions, each);
  return result;
}

}  // namespace interfuse
