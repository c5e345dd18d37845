#include "lookup.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include <cstring>
#include <string_view>
#include <unordered_map>

namespace interfuse {

std::vector<Tensor> unique(const Tensor& x, int64_t axis) {
  // Slices side by side in memory, compared by their bytes; -0 becomes 0, which equals it.
  const Tensor moved = x.movedim(axis, 0);
  const Tensor rows = (x.is_floating_point() ? moved + 0.0 : moved).contiguous();
  const int64_t count = rows.size(0);
  const size_t size = count == 0 ? 0 : rows.nbytes() / count;
  const auto* bytes = static_cast<const char*>(rows.data_ptr());
  std::unordered_map<std::string_view, int32_t> numbers;
  std::vector<int64_t> firsts;
  const Tensor indices = at::empty({count}, at::kInt);
  for (int64_t i = 0; i < count; ++i) {
    const auto [found, is_new] = numbers.try_emplace({bytes + i * size, size}, static_cast<int32_t>(firsts.size()));
    if (is_new) firsts.push_back(i);
    indices.data_ptr<int32_t>()[i] = found->second;
  }
  return {at::index_select(x, axis, at::tensor(firsts, at::kLong)), indices};
}

Tensor search_sorted(const Tensor& sorted, const Tensor& values, bool after) {
  return at::searchsorted(sorted.contiguous(), values.contiguous(), /*out_int32=*/true, /*right=*/after);
}

Tensor diagonal(const Tensor& x) {
  Ints shape(x.sizes().begin(), x.sizes().end());
  shape.insert(shape.end(), x.sizes().begin(), x.sizes().end());
  return at::diag_embed(x.reshape({-1})).reshape(shape);
}

Tensor broadcast_shapes(const Tensor& a, const Tensor& b) {
  const auto sizes_of = [](const Tensor& shape) {
    const Tensor plain = shape.to(at::kLong).contiguous();
    const auto* from = plain.data_ptr<int64_t>();
    return Ints(from, from + plain.numel());
  };
  const Ints first = sizes_of(a), second = sizes_of(b);
  const auto common = at::infer_size(first, second);
  return at::tensor(at::IntArrayRef(common), at::kInt);
}

}  // namespace interfuse
