#include "product.h"

#include <ATen/ATen.h>

namespace interfuse::aten {

namespace {

/// Two matrices of one storage type multiplied into float32, with sums that are never rounded to bfloat16.
Tensor float32_product(const Tensor& a, const Tensor& b) {
  return is_bfloat16(a) ? at::mm(a, b, at::kFloat) : at::mm(a, b);
}

/// [rows, columns] with the outer axes of `like`.
Tensor with_outer_axes(const Tensor& y, const Tensor& like) {
  Ints sizes = like.sizes().vec();
  sizes.back() = y.size(1);
  return y.reshape(sizes);
}

}  // namespace

Tensor linear_product(const Tensor& x, const Tensor& weight, const Addends& addends, at::ScalarType type) {
  const Tensor rows = flattened(x);
  const Tensor columns = weight.t();
  Tensor y;
  if (type == at::kFloat) {
    y = float32_product(rows, columns);
    if (addends.bias.defined()) y.add_(addends.bias);
  } else if (addends.bias.defined()) {
    y = at::addmm(addends.bias.to(type), rows, columns);
  } else {
    y = at::mm(rows, columns);
  }
  y = with_outer_axes(y, x);
  if (addends.residual.defined()) y.add_(addends.residual);
  return y;
}

Tensor column_product(const Tensor& x, const Tensor& right, const Addends& addends) {
  // What a residual is added to is rounded once.
  const at::ScalarType type = addends.residual.defined() ? at::kFloat : x.scalar_type();
  return aten::linear_product(x, right.t(), addends, type).to(x.scalar_type());
}

Tensor transposed_product(const Tensor& a, const Tensor& b) { return float32_product(a.t(), b); }

}  // namespace interfuse::aten
