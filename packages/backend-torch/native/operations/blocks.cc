#include "blocks.h"

#include <ATen/ATen.h>

namespace interfuse {

namespace {

int64_t product(const Ints& sizes) {
  int64_t result = 1;
  for (const int64_t size : sizes) result *= size;
  return result;
}

}  // namespace

Tensor space_to_batch(const Tensor& x, const Ints& block, const Ints& paddings) {
  const auto axes = static_cast<int64_t>(block.size());
  Ints reversed(2 * (x.dim() - 1 - axes), 0);  // ATen wants the last axis first
  for (int64_t axis = axes - 1; axis >= 0; --axis) {
    reversed.push_back(paddings[2 * axis]);
    reversed.push_back(paddings[2 * axis + 1]);
  }
  const Tensor padded = at::constant_pad_nd(x, reversed, 0);
  // [B, s0 / b0, b0, s1 / b1, b1, rest..] -> [b0, b1, B, s0 / b0, s1 / b1, rest..]
  Ints split{x.size(0)}, order, result{x.size(0) * product(block)};
  for (int64_t axis = 0; axis < axes; ++axis) {
    const int64_t size = padded.size(axis + 1);
    TORCH_CHECK(size % block[axis] == 0, "padded axis ", axis + 1, " (=", size,
                ") must be divisible by its block (=", block[axis], ")");
    split.insert(split.end(), {size / block[axis], block[axis]});
    order.push_back(2 * axis + 2);
    result.push_back(size / block[axis]);
  }
  order.push_back(0);
  for (int64_t axis = 0; axis < axes; ++axis) order.push_back(2 * axis + 1);
  for (int64_t axis = axes + 1; axis < x.dim(); ++axis) {
    split.push_back(x.size(axis));
    order.push_back(axis + axes);
    result.push_back(x.size(axis));
  }
  return padded.reshape(split).permute(order).contiguous().reshape(result);
}

Tensor batch_to_space(const Tensor& x, const Ints& block, const Ints& crops) {
  const auto axes = static_cast<int64_t>(block.size());
  const int64_t batch = x.size(0) / product(block);
  // [b0, b1, B, s0, s1, rest..] -> [B, s0, b0, s1, b1, rest..]
  Ints split = block, order{axes}, joined{batch};
  split.push_back(batch);
  for (int64_t axis = 0; axis < axes; ++axis) {
    split.push_back(x.size(axis + 1));
    order.insert(order.end(), {axes + 1 + axis, axis});
    joined.push_back(x.size(axis + 1) * block[axis]);
  }
  for (int64_t axis = axes + 1; axis < x.dim(); ++axis) {
    split.push_back(x.size(axis));
    order.push_back(axis + axes);
    joined.push_back(x.size(axis));
  }
  Tensor y = x.reshape(split).permute(order).reshape(joined);
  for (int64_t axis = 0; axis < axes; ++axis) {
    const int64_t before = crops[2 * axis];
    y = y.narrow(axis + 1, before, y.size(axis + 1) - before - crops[2 * axis + 1]);
  }
  return y.contiguous();
}

Tensor depth_to_space(const Tensor& x, int64_t block) {
  const int64_t batch = x.size(0), height = x.size(1), width = x.size(2), channels = x.size(3) / (block * block);
  return x.reshape({batch, height, width, block, block, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .contiguous()
      .reshape({batch, height * block, width * block, channels});
}

}  // namespace interfuse
