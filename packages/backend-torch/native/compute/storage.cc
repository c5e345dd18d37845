#include "storage.h"

namespace interfuse {

Tensor as_rows(const Tensor& tensor, Rows& rows) {
  const bool row_is_contiguous = tensor.dim() > 0 && (tensor.size(-1) == 1 || tensor.stride(-1) == 1);
  const bool strided = row_is_contiguous && (tensor.dim() == 2 || tensor.dim() == 3) && !tensor.is_contiguous();
  const Tensor usable = strided ? tensor : tensor.contiguous();
  rows.size = usable.dim() == 0 ? 1 : usable.size(-1);
  if (strided) {
    const bool has_inner = usable.dim() == 3;
    rows.outer = usable.size(0);
    rows.outer_stride = usable.stride(0);
    rows.inner = has_inner ? usable.size(1) : 1;
    rows.inner_stride = has_inner ? usable.stride(1) : 0;
  } else {
    rows.outer = rows.size == 0 ? 0 : usable.numel() / rows.size;
    rows.outer_stride = rows.size;
    rows.inner = 1;
    rows.inner_stride = 0;
  }
  return usable;
}

}  // namespace interfuse
