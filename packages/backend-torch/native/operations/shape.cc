#include "shape.h"

#include <ATen/ATen.h>

#include "../compute/type_codes.h"

namespace interfuse {

Tensor reshape(const Stored& x, const Ints& shape) { return x.tensor().reshape(shape); }

Tensor transpose(const Stored& x, const Ints& permutation) { return x.tensor().permute(permutation).contiguous(); }

Tensor slice(const Stored& x, const Ints& begin, const Ints& size) {
  constexpr int64_t kSmallPart = 4;
  Tensor block = x.tensor();
  for (int64_t axis = 0; axis < block.dim(); ++axis) block = block.narrow(axis, begin[axis], size[axis]);
  return block.numel() * kSmallPart <= x.tensor().numel() ? block.clone(at::MemoryFormat::Contiguous) : block;
}

Tensor strided_slice(const Tensor& x, const Ints& begin, const Ints& end, const Ints& strides) {
  Tensor result = x;
  for (int64_t axis = 0; axis < x.dim(); ++axis) {
    const int64_t stride = strides[axis];
    const int64_t span = stride > 0 ? end[axis] - begin[axis] : begin[axis] - end[axis];
    const int64_t step = std::abs(stride);
    const int64_t count = std::max<int64_t>(0, (span + step - 1) / step);
    if (count == 0) {
      result = result.narrow(axis, 0, 0);
    } else if (stride > 0) {
      result = result.slice(axis, begin[axis], begin[axis] + (count - 1) * step + 1, step);
    } else {
      const int64_t last = begin[axis] - (count - 1) * step;
      result = at::flip(result.slice(axis, last, begin[axis] + 1, step), {axis});
    }
  }
  return result.contiguous();
}

namespace {

/// Whether the parts lie in one memory as a split along `axis` leaves them.
bool are_neighbours(const std::vector<Stored>& parts, int64_t axis) {
  for (size_t i = 1; i < parts.size(); ++i) {
    const Tensor &before = parts[i - 1].tensor(), &part = parts[i].tensor();
    if (!part.is_alias_of(before) || part.scalar_type() != before.scalar_type() || part.strides() != before.strides() ||
        part.storage_offset() != before.storage_offset() + before.size(axis) * before.stride(axis))
      return false;
  }
  return parts.size() > 1;
}

/// The memory of neighbours as one tensor.
Tensor joined(const std::vector<Stored>& parts, int64_t axis) {
  const Tensor& first = parts[0].tensor();
  Ints sizes = first.sizes().vec();
  sizes[axis] = 0;
  for (const Stored& part : parts) sizes[axis] += part.tensor().size(axis);
  return first.as_strided(sizes, first.strides());
}

}  // namespace

Tensor concat(const std::vector<Stored>& parts, int64_t axis) {
  if (are_neighbours(parts, axis)) return joined(parts, axis);
  const bool same_type = std::all_of(parts.begin(), parts.end(), [&](const Stored& part) {
    return part.tensor().scalar_type() == parts[0].tensor().scalar_type();
  });
  std::vector<Tensor> tensors;
  tensors.reserve(parts.size());
  for (const Stored& part : parts) tensors.push_back(same_type ? part.tensor() : widened(part.tensor()));
  return at::cat(tensors, axis);
}

std::vector<Tensor> split(const Stored& x, const Ints& sizes, int64_t axis) {
  return at::split_with_sizes(x.tensor(), sizes, axis);
}

Tensor pack(const std::vector<Tensor>& parts, int64_t axis) { return at::stack(parts, axis); }

std::vector<Tensor> unpack(const Tensor& x, int64_t axis) {
  std::vector<Tensor> parts = at::unbind(x, axis);
  for (Tensor& part : parts) part = part.contiguous();
  return parts;
}

Tensor tile(const Tensor& x, const Ints& repeats) { return x.repeat(repeats); }

Tensor reverse(const Tensor& x, const Ints& axes) { return at::flip(x, axes); }

Tensor pad(const Tensor& x, const Ints& paddings, double value) {
  Ints reversed;  // ATen wants the last axis first
  Ints sizes = x.sizes().vec();
  for (int64_t axis = x.dim() - 1; axis >= 0; --axis) {
    reversed.push_back(paddings[2 * axis]);
    reversed.push_back(paddings[2 * axis + 1]);
    sizes[axis] += paddings[2 * axis] + paddings[2 * axis + 1];
  }
  // libtorch 1.13 refuses axes that stay empty.
  if (x.numel() == 0) return at::full(sizes, value, x.options());
  return at::constant_pad_nd(x, reversed, value);
}

Tensor mirror_pad(const Tensor& x, const Ints& paddings, bool repeat_edge) {
  Tensor result = x;
  for (int64_t axis = 0; axis < x.dim(); ++axis) {
    const int64_t size = x.size(axis);
    const int64_t before = paddings[2 * axis];
    const int64_t total = before + size + paddings[2 * axis + 1];
    if (total == size) continue;
    std::vector<int64_t> sources(total);
    const int64_t shift = repeat_edge ? 1 : 0;
    for (int64_t i = 0; i < total; ++i) {
      int64_t source = i - before;
      if (source < 0) source = -source - shift;
      if (source >= size) source = 2 * (size - 1) - source + shift;
      sources[i] = source;
    }
    result = at::index_select(result, axis, at::tensor(sources, at::kLong).to(x.device()));
  }
  return result.is_same(x) ? x.clone() : result;
}

Tensor broadcast_to(const Tensor& x, const Ints& shape) { return x.expand(shape).contiguous(); }

Tensor fill(const Ints& shape, double value, int64_t code, at::Device device) {
  return at::full(shape, value, at::TensorOptions().dtype(scalar_type(static_cast<TypeCode>(code))).device(device));
}

Tensor zeros_like(const Tensor& x) { return at::zeros(x.sizes(), x.options()); }

Tensor ones_like(const Tensor& x) { return at::ones(x.sizes(), x.options()); }

Tensor range(double start, double step, int64_t count, int64_t code, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kDouble).device(device);
  return (start + at::arange(count, options) * step).to(scalar_type(static_cast<TypeCode>(code)));
}

Tensor linspace(double start, double stop, int64_t count, at::Device device) { 
  return at::linspace(start, stop, count, at::TensorOptions().dtype(at::kFloat).device(device));
}

}  // namespace interfuse
