#include "bfloat16_product.h"

#include <algorithm>

#include "new_tensor.h"
#include "packed_product.h"
#include "storage.h"

#ifdef __AVX512BF16__

namespace interfuse {

namespace {

const Bfloat16Pair* words_of(const Tensor& matrix) {
  return reinterpret_cast<const Bfloat16Pair*>(data_of<Bfloat16>(matrix));
}

/// As contiguous rows of an even length.
Tensor paired(const Tensor& matrix) {
  return (matrix.size(-1) % 2 == 0 ? matrix : zero_padded(matrix, {0, 1})).contiguous();
}

const float* optional_data(const Tensor& tensor) { return tensor.defined() ? data_of<float>(tensor) : nullptr; }

}  // namespace

Panels weight_panels(const Tensor& weight) { return panels_of_rows(paired(weight)); }

Tensor bfloat16_linear(const Tensor& x, const Panels& weight, const Addends& addends, at::ScalarType type) {
  const Tensor left = paired(x);
  const Tensor bias = addends.bias.defined() ? addends.bias.contiguous() : Tensor();
  const Tensor residual = addends.residual.defined() ? addends.residual.contiguous() : Tensor();
  Ints sizes = x.sizes().vec();
  sizes.back() = weight.lanes();
  const Tensor y = empty_tensor(sizes, type);
  const int64_t rows = y.numel() / std::max<int64_t>(1, sizes.back());
  with_storage(y, [&](auto output) {
    using Output = decltype(output);
    multiply(ProductResult<Output>{data_of<Output>(y), optional_data(bias), optional_data(residual), rows, sizes.back()},
             words_of(left), weight);
  });
  return y;
}

Tensor bfloat16_columns(const Tensor& x, const Tensor& right, const Addends& addends) {
  return bfloat16_linear(x, panels_of_columns(right.contiguous()), addends, x.scalar_type());
}

}  // namespace interfuse

#endif
