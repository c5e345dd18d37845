#include "product.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#ifdef INTERFUSE_DEVICES
#include "../aten/product.h"
#endif
#include "../compute/bfloat16_product.h"
#include "elementwise.h"
#include "../compute/packed_weight.h"
#include "pieces.h"

namespace interfuse {

namespace {

/// Whether the BLAS, which `at::linear` takes, is faster than oneDNN: MKL on Intel's processors (180 against 150 GFLOP/s on two
/// of a Xeon of 2023), but not on others (190 against 215 on two cores of an EPYC 9004).
bool prefers_blas() {
#ifdef __x86_64__
  __builtin_cpu_init();
  return at::hasMKL() && __builtin_cpu_is("intel");
#else
  return false;
#endif
}

/// oneDNN's float32 product behind ATen's dispatcher, where it is the faster one. Absent in some builds.
const c10::OperatorHandle* one_dnn_linear() {
  static const c10::optional<c10::OperatorHandle> handle =
      at::hasMKLDNN() && !prefers_blas() ? c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""})
                                         : c10::nullopt;
  return handle ? &*handle : nullptr;
}

Tensor call_one_dnn(const c10::OperatorHandle& handle, const Tensor& x, const Tensor& weight) {
  std::vector<c10::IValue> stack;
  stack.reserve(6);
  stack.emplace_back(x);
  stack.emplace_back(weight);
  stack.emplace_back(c10::IValue());
  stack.emplace_back(std::string("none"));
  stack.emplace_back(c10::List<c10::optional<at::Scalar>>());
  stack.emplace_back(c10::IValue());
  handle.callBoxed(&stack);
  return stack[0].toTensor();
}

/// Below this many multiplications setting oneDNN up costs more than it gains.
constexpr int64_t kLargeProduct = int64_t{1} << 20;

/// Whole rows of a batch are multiples of this many.
constexpr int64_t kRowUnit = 1024;

Tensor product_of_piece(const Tensor& x, const Tensor& weight) {
  const auto* handle = one_dnn_linear();
  const bool large = x.numel() * weight.size(0) >= kLargeProduct;
  if (handle != nullptr && large && x.scalar_type() == at::kFloat) return call_one_dnn(*handle, x, weight);
  return at::linear(x, weight);
}

/// libtorch's product in the operands' storage type.
Tensor library_product(const Tensor& x, const Tensor& weight) {
  const int64_t rows = x.numel() / std::max<int64_t>(1, x.size(-1));
  if (is_one_piece(rows, kRowUnit)) return product_of_piece(x, weight);
  const Tensor flat = x.reshape({rows, x.size(-1)});
  Ints sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  const Tensor y = at::empty({rows, sizes.back()}, x.options());
  for_each_piece(rows, kRowUnit, [&](Piece piece) {
    y.narrow(0, piece.start, piece.size).copy_(product_of_piece(flat.narrow(0, piece.start, piece.size), weight));
  });
  return y.view(sizes);
}

/// The same stored as float32, and not rounded before.
Tensor float32_product(const Tensor& x, const Tensor& weight) {
  return is_bfloat16(x) ? library_product(widened(x), widened(weight)) : library_product(x, weight);
}

}  // namespace

Tensor linear_product(const Tensor& x, const Tensor& weight, const Addends& addends, at::ScalarType type) {
#ifdef INTERFUSE_DEVICES
  if (!x.is_cpu()) return aten::linear_product(x, weight, addends, type);
#endif
  if constexpr (kHasBfloat16Product) {
    if (has_bfloat16_product(x)) return bfloat16_linear(x, weight_panels(weight), addends, type);
  }
  Tensor y = type == at::kFloat ? float32_product(x, weight) : library_product(x, weight);
  if (addends.bias.defined()) y.add_(addends.bias);
  if (addends.residual.defined()) y.add_(addends.residual);
  return y;
}

Tensor linear_product(const Tensor& x, const Stored& weight, const Addends& addends, at::ScalarType type) {
  if constexpr (kHasBfloat16Product) {
    if (has_bfloat16_product(x)) return bfloat16_linear(x, *packed_weight(weight), addends, type);
  }
  const Precision precision = is_bfloat16(x) ? Precision::kBfloat16 : Precision::kFloat32;
  return linear_product(x, in_precision(weight, precision), addends, type);
}

Tensor column_product(const Tensor& x, const Tensor& right, const Addends& addends) {
#ifdef INTERFUSE_DEVICES
  if (!x.is_cpu()) return aten::column_product(x, right, addends);
#endif
  if constexpr (kHasBfloat16Product) {
    if (has_bfloat16_product(x)) return bfloat16_columns(x, right, addends);
  }
  // What a residual is added to is rounded once.
  Tensor y = addends.residual.defined() ? float32_product(x, right.t()) : library_product(x, right.t());
  if (addends.bias.defined()) y.add_(addends.bias);
  if (addends.residual.defined()) y.add_(addends.residual);
  return y.to(x.scalar_type());
}

Tensor transposed_product(const Tensor& a, const Tensor& b) {
#ifdef INTERFUSE_DEVICES
  if (!a.is_cpu()) return aten::transposed_product(a, b);
#endif
  if constexpr (kHasBfloat16Product) {
    if (has_bfloat16_product(a)) return bfloat16_transposed(a, b);
  }
  if (!kHasOneDnnBfloat16 && is_bfloat16(a)) return transposed_product(widened(a), widened(b));
  Tensor sum;
  for_each_piece(a.size(0), kRowUnit, [&](Piece piece) {
    const Tensor term =
        widened(at::mm(a.narrow(0, piece.start, piece.size).t(), b.narrow(0, piece.start, piece.size)));
    sum = sum.defined() ? sum.add_(term) : term;
  });
  return sum.defined() ? sum : at::zeros({a.size(1), b.size(1)}, at::kFloat);
}

Tensor batch_matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  const Tensor left = transpose_a ? a.transpose(-1, -2) : a;
  const Tensor right = transpose_b ? b.transpose(-1, -2) : b;
  const int64_t batches_right = right.numel() / std::max<int64_t>(1, right.size(-1) * right.size(-2));
  const bool is_float = a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat;
  if (is_float && batches_right == 1 && left.dim() == right.dim() && !transpose_a && left.numel() > 0) {
    // One right operand for all rows: a single large product.
    return column_product(left.contiguous(), right.reshape({right.size(-2), right.size(-1)}), {});
  }
  if (!a.is_floating_point() && !a.is_complex()) {
    // By way of 64 bits, so that what does not fit into 32 wraps around.
    return at::matmul(left.to(at::kDouble), right.to(at::kDouble)).to(at::kLong).to(a.scalar_type());
  }
  return at::matmul(left, right);
}

Tensor apply_activation(const Tensor& x, const std::string& activation, const std::optional<Tensor>& prelu_weights,
                        double alpha) {
  if (activation == "linear") return x;
  if (activation == "relu") return at::relu(x);
  if (activation == "relu6") return interfuse::relu6(x);
  if (activation == "elu") return at::elu(x);
  if (activation == "sigmoid") return at::sigmoid(x);
  if (activation == "leakyrelu") return interfuse::leaky_relu(x, alpha);
  if (activation == "prelu") return interfuse::prelu(x, prelu_weights.value());
  TORCH_CHECK(false, "unknown activation \"", activation, "\"");
}

Tensor fused_matmul(const Tensor& a, const Tensor& b, const std::optional<Tensor>& bias,
                    const std::optional<Tensor>& prelu_weights, bool transpose_a, bool transpose_b,
                    const std::string& activation, double alpha) {
  Tensor result = batch_matmul(a, b, transpose_a, transpose_b);
  if (bias) result = at::add(result, *bias);
  return apply_activation(result, activation, prelu_weights, alpha);
}

Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands) {
  const auto is_real_integer = [](const Tensor& x) { return !x.is_floating_point() && !x.is_complex(); };
  if (std::none_of(operands.begin(), operands.end(), is_real_integer)) return at::einsum(equation, operands);
  const bool all_integer = std::all_of(operands.begin(), operands.end(), is_real_integer);
  // ATen multiplies operands of one type only, and sums int32 to int64: they wrap around as in `batch_matmul`.
  std::vector<Tensor> values;
  for (const Tensor& operand : operands) values.push_back(operand.to(all_integer ? at::kDouble : at::kFloat));
  const Tensor result = at::einsum(equation, values);
  return all_integer ? result.to(at::kLong).to(at::kInt) : result;
}

}  // namespace interfuse
