#include "types.h"

namespace interfuse {

Tensor flattened(const Tensor& tensor) {
  const int64_t rows = c10::size_to_dim_(static_cast<int>(tensor.dim()) - 1, tensor.sizes());
  return tensor.reshape({rows, tensor.size(-1)});
}

void require_float(const Tensor& tensor) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat || is_bfloat16(tensor), "expected float32 values, got ",
              c10::toString(tensor.scalar_type()));
}

void require_int(const Tensor& tensor) {
  TORCH_CHECK(tensor.scalar_type() == at::kInt, "expected int32 values, got ", c10::toString(tensor.scalar_type()));
}

Tensor in_precision(const Stored& stored, Precision precision) {
  const Tensor& tensor = stored.tensor();
  require_float(tensor);
  if (precision == Precision::kFloat32) return widened(tensor);
  if (is_bfloat16(tensor)) return tensor;
  if (!stored.slot->bfloat16.defined()) stored.slot->bfloat16 = tensor.to(at::kBFloat16);
  return stored.slot->bfloat16;
}

}  // namespace interfuse
