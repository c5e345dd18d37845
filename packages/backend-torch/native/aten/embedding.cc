#include <ATen/ATen.h>

#include "../compute/ownership.h"
#include "../device/device.h"
#include "forms.h"

namespace interfuse::aten {

Tensor embedding(const Stored& weight, const Tensor& ids) {
  require_float(weight);
  require_int(ids);
  const Tensor& table = weight.tensor();
  const Tensor flat = ids.reshape({-1});
  const int64_t last = table.size(0) - 1;
  const Tensor rows = widened(at::index_select(table, 0, flat.clamp(0, last)));
  const Tensor is_outside = (flat < 0).logical_or_(flat > last);
  return rows.masked_fill_(is_outside.unsqueeze(1), kNotANumber);
}

Tensor embedding_grad(const Stored& dy, const Tensor& ids, int64_t vocab_size) {
  require_float(dy);
  require_int(ids);
  // Ids outside gave NaN on the way forward: where their gradient goes no longer matters, but it must go somewhere.
  const Tensor flat = ids.reshape({-1}).clamp(0, vocab_size - 1).to(at::kLong);
  return at::embedding_dense_backward(widened(dy.tensor()), flat, vocab_size, /*padding_idx=*/-1,
                                      /*scale_grad_by_freq=*/false);
}

void write_rows(const Stored& buffer, const Stored& rows, Int32Span slots) {
  require_floats(buffer, rows);
  own_memory(*buffer.slot);
  const Tensor& target = buffer.tensor();
  const int64_t limit = target.size(0);
  for (int64_t i = 0; i < slots.size; ++i) {
    TORCH_CHECK(slots.data[i] >= 0 && slots.data[i] < limit, "id ", slots.data[i], " at position ", i,
                " is outside [0, ", limit, ")");
  }
  const Tensor places = upload(Ints(slots.data, slots.data + slots.size), target.device());
  const bool is_own = rows.tensor().is_alias_of(target);
  target.index_copy_(0, places, is_own ? rows.tensor().clone() : rows.tensor().to(target.scalar_type()));
}

}  // namespace interfuse::aten
