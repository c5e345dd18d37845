#include "convolution.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

#include "convolution_geometry.h"
#include "pieces.h"
#include "product.h"

namespace interfuse {

namespace {

/// Images in the layout that `geometry` says, as [B, H, W, C].
Tensor to_last(const Tensor& x, const Geometry& geometry) {
  return geometry.channels_first ? x.permute({0, 2, 3, 1}).contiguous() : x.contiguous();
}

/// [B, H, W, C] in the layout that `geometry` says.
Tensor from_last(const Tensor& x, const Geometry& geometry) {
  return geometry.channels_first ? x.permute({0, 3, 1, 2}).contiguous() : x;
}

/// The same memory seen as [B, C, H, W]: ATen's "channels last".
Tensor as_aten(const Tensor& x) { return x.contiguous().permute({0, 3, 1, 2}); }
Tensor channels_last(const Tensor& x) { return x.permute({0, 2, 3, 1}).contiguous(); }

/// [kh, kw, I, O] as [O, I, kh, kw], laid out as oneDNN likes it beside channels-last activations.
Tensor aten_weight(const Tensor& weight) {
  return weight.permute({3, 2, 0, 1}).contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor padded(const Tensor& x, const Geometry& geometry) {
  if (geometry.is_symmetric()) return x;
  return at::constant_pad_nd(x, {0, 0, geometry.left, geometry.right, geometry.top, geometry.bottom}, 0);
}

/// Whole batches are multiples of this many images.
constexpr int64_t kImageUnit = 16;

/// A result of [B, ..] for the images of `batch`, computed piece by piece: `run` gives [b, ..] for each.
template <typename Run>
Tensor in_pieces(const Tensor& batch, Run run) {
  const int64_t count = batch.size(0);
  if (!batch.is_cpu() || is_one_piece(count, kImageUnit)) return run(Piece{0, count});
  std::vector<Tensor> results;
  for_each_piece(count, kImageUnit, [&](Piece piece) { results.push_back(run(piece)); });
  return at::cat(results);
}

Tensor part(const Tensor& batch, Piece piece) { return batch.narrow(0, piece.start, piece.size); }

/// Only the sizes of this operand matter to ATen; the memory is never read.
Tensor sizes_only(at::IntArrayRef sizes, const Tensor& like) {
  return at::empty(sizes, like.options(), at::MemoryFormat::ChannelsLast);
}

/// Cuts or pads the end of an axis so that it holds just `count` windows.
void hold(Tensor& images, int64_t axis, int64_t before, int64_t& after, int64_t windows) {
  const int64_t size = std::max<int64_t>(0, windows - before);
  after = std::max<int64_t>(0, windows - before - images.size(axis));
  if (size < images.size(axis)) images = images.narrow(axis, 0, size).contiguous();
}

/// Images [B, H, W, C] and the geometry in which just the wanted windows fit: TensorFlow.js rounds their number as
/// `dimRoundingMode` says, and for numeric padding counts the columns by the kernel's height. Beyond the image are zeros.
struct Fitted {
  Fitted(const Tensor& x, const Geometry& wanted, at::IntArrayRef weight) : images(x), geometry(wanted) {
    const Ints &strides = geometry.strides, &dilations = geometry.dilations;
    rows = num_windows(x.size(1) + geometry.top + geometry.bottom, weight[0], strides[0], dilations[0]);
    columns = num_windows(x.size(2) + geometry.left + geometry.right, weight[1], strides[1], dilations[1]);
    if (geometry.out_height != kWhole && geometry.out_height != rows) {
      rows = geometry.out_height;
      hold(images, 1, geometry.top, geometry.bottom, covered(rows, weight[0], strides[0], dilations[0]));
    }
    const bool is_one_strided = has_one_strided_column(columns, strides[0], strides[1]);
    if ((geometry.out_width != kWhole && geometry.out_width != columns) || is_one_strided) {
      if (geometry.out_width != kWhole) columns = geometry.out_width;
      hold(images, 2, geometry.left, geometry.right, covered(columns, weight[1], strides[1], dilations[1]));
      if (columns == 1) geometry.strides[1] = 1;
    }
  }

  bool is_empty() const { return images.numel() == 0 || rows <= 0 || columns <= 0; }

  Tensor images;
  Geometry geometry;
  int64_t rows, columns;
};

/// oneDNN's convolution that adds another tensor before it stores, behind ATen's dispatcher. Absent in some builds.
const c10::OperatorHandle* one_dnn_adding_convolution() {
  static const c10::optional<c10::OperatorHandle> handle =
      at::hasMKLDNN() ? c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", "binary"})
                      : c10::nullopt;
  return handle ? &*handle : nullptr;
}

/// ATen's operands, channels last in memory; bias and residual may be undefined.
struct Operands {
  Tensor images, weight, bias, residual;
};

/// Padding of an axis as ATen takes it, as much at the start as at the end. Where less is asked for at the start, whole strides
/// are added there, whose windows are then left out of the result: to pad the input itself would copy all of it.
struct EvenPadding {
  EvenPadding(int64_t before, int64_t after, int64_t stride)
      : padding(before), before(before), after(after), stride(stride) {
    for (; padding < after; padding += stride) ++first;
  }

  /// Of a result along an axis, the windows that were asked for.
  Tensor wanted(const Tensor& y, int64_t axis, int64_t size, int64_t covered) const {
    TORCH_CHECK(size + before + after >= covered, "the padded image is smaller than the kernel");
    return y.narrow(axis, first, (size + before + after - covered) / stride + 1);
  }

  int64_t padding, before, after, stride, first = 0;
};

Tensor call_one_dnn(const c10::OperatorHandle& handle, const Operands& operands, const Geometry& geometry) {
  std::vector<c10::IValue> stack;
  stack.reserve(13);
  stack.emplace_back(operands.images);
  stack.emplace_back(operands.residual);
  stack.emplace_back(operands.weight);
  stack.emplace_back(operands.bias.defined() ? c10::IValue(operands.bias) : c10::IValue());
  stack.emplace_back(geometry.aten_padding());
  stack.emplace_back(geometry.strides);
  stack.emplace_back(geometry.dilations);
  stack.emplace_back(geometry.groups);
  stack.emplace_back(std::string("add"));
  stack.emplace_back(1.0);
  stack.emplace_back(c10::IValue());
  stack.emplace_back(c10::List<c10::optional<at::Scalar>>());
  stack.emplace_back(c10::IValue());
  handle.callBoxed(&stack);
  return stack[0].toTensor();
}

/// [b, OH, OW, O].
Tensor convolution_of_piece(const Operands& operands, const Geometry& geometry) {
  const Tensor& residual = operands.residual;
  const bool fuses = residual.defined() && residual.is_cpu() && geometry.is_symmetric();
  if (const auto* handle = fuses ? one_dnn_adding_convolution() : nullptr) {
    return channels_last(call_one_dnn(*handle, operands, geometry));
  }
  c10::optional<Tensor> bias;
  if (operands.bias.defined()) bias = operands.bias;
  const EvenPadding rows(geometry.top, geometry.bottom, geometry.strides[0]);
  const EvenPadding columns(geometry.left, geometry.right, geometry.strides[1]);
  const Tensor& images = operands.images;
  const Tensor& weight = operands.weight;
  Tensor y = channels_last(at::convolution(images, weight, bias, geometry.strides, {rows.padding, columns.padding},
                                           geometry.dilations, false, {0, 0}, geometry.groups));
  y = rows.wanted(y, 1, images.size(2), covered(1, weight.size(2), geometry.strides[0], geometry.dilations[0]));
  y = columns.wanted(y, 2, images.size(3), covered(1, weight.size(3), geometry.strides[1], geometry.dilations[1]));
  return residual.defined() ? y + channels_last(residual) : y.contiguous();
}

}  // namespace

Tensor adding_convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                          const Tensor& residual, const ConvolutionShape& shape) {
  const Geometry wanted(shape);
  const Fitted fitted(to_last(x, wanted), wanted, weight.sizes());
  const Tensor& images = fitted.images;
  const Geometry& geometry = fitted.geometry;
  const Tensor addend = residual.defined() ? to_last(residual, geometry) : residual;
  if (fitted.is_empty() || weight.numel() == 0) {
    // ATen refuses most of these, and mistakes the sizes of others.
    Tensor y = at::zeros({x.size(0), fitted.rows, fitted.columns, weight.size(3)}, x.options());
    if (bias) y.add_(*bias);
    if (addend.defined()) y.add_(addend);
    return from_last(y, geometry);
  }
  if (geometry.is_pointwise(weight.size(0), weight.size(1))) {
    const Tensor flat_weight = weight.reshape({weight.size(2), weight.size(3)});
    Tensor y = column_product(images, flat_weight, {bias.value_or(Tensor()), {}});
    if (addend.defined()) y.add_(addend);
    return from_last(y, geometry);
  }
  const Operands all{as_aten(images), aten_weight(weight),
                     bias ? bias->to(x.scalar_type()) : Tensor(), addend.defined() ? as_aten(addend) : addend};
  const Tensor y = in_pieces(images, [&](Piece piece) {
    const Tensor piece_residual = all.residual.defined() ? part(all.residual, piece) : all.residual;
    return convolution_of_piece({part(all.images, piece), all.weight, all.bias, piece_residual}, geometry);
  });
  return from_last(y, geometry);
}

Tensor convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                   const ConvolutionShape& shape) {
  return adding_convolution(x, weight, bias, Tensor(), shape);
}

Tensor convolution_grad_input(const Tensor& dy, const Tensor& weight, const Ints& input_shape,
                              const ConvolutionShape& shape) {
  const bool has_pixels = std::find(input_shape.begin(), input_shape.end(), 0) == input_shape.end();
  if (dy.numel() == 0 || weight.numel() == 0 || !has_pixels) return at::zeros(input_shape, dy.options());
  const Geometry geometry(shape);
  Tensor gradient = to_last(dy, geometry);
  gradient = gradient.slice(1, 0, geometry.out_height).slice(2, 0, geometry.out_width).contiguous();
  if (geometry.is_pointwise(weight.size(0), weight.size(1))) {
    const Tensor flat_weight = weight.reshape({weight.size(2), weight.size(3)});
    return from_last(linear_product(gradient, flat_weight, {}, gradient.scalar_type()), geometry);
  }
  const int first = geometry.channels_first ? 2 : 1;
  const int64_t height = input_shape[first], width = input_shape[first + 1];
  const int64_t channels = input_shape[geometry.channels_first ? 1 : 3];
  // ATen wants an input that gives dy's size; TensorFlow.js takes others, of which it fills or drops the rest.
  const int64_t full_height = covered(gradient.size(1), weight.size(0), geometry.strides[0], geometry.dilations[0]);
  const int64_t full_width = covered(gradient.size(2), weight.size(1), geometry.strides[1], geometry.dilations[1]);
  const int64_t rows_left = height + geometry.top + geometry.bottom - full_height;
  const int64_t columns_left = width + geometry.left + geometry.right - full_width;
  const bool fits = geometry.is_symmetric() && rows_left >= 0 && rows_left < geometry.strides[0] && columns_left >= 0 &&
                    columns_left < geometry.strides[1];
  const Ints padding = fits ? geometry.aten_padding() : Ints{0, 0};
  const Tensor all = as_aten(gradient);
  const Tensor typed_weight = aten_weight(weight);
  const Tensor dx = in_pieces(gradient, [&](Piece piece) {
    const Tensor x = sizes_only({piece.size, channels, fits ? height : full_height, fits ? width : full_width}, gradient);
    Tensor result = std::get<0>(at::convolution_backward(part(all, piece), x, typed_weight, c10::nullopt,
                                                         geometry.strides, padding, geometry.dilations, false, {0, 0},
                                                         geometry.groups, {true, false, false}));
    if (!fits) {
      // All of a window may lie in the padding, so what follows the image is added before what precedes it is taken away.
      const int64_t right = std::max<int64_t>(0, width + geometry.left - full_width);
      const int64_t below = std::max<int64_t>(0, height + geometry.top - full_height);
      const int64_t left = std::max<int64_t>(0, -geometry.left), above = std::max<int64_t>(0, -geometry.top);
      result = at::constant_pad_nd(result, {left, right, above, below}, 0);
      result = result.narrow(2, geometry.top + above, height).narrow(3, geometry.left + left, width);
    }
    return channels_last(result);
  });
  return from_last(dx, geometry);
}

Tensor convolution_grad_weight(const Tensor& dy, const Tensor& x, const Ints& weight_shape,
                               const ConvolutionShape& shape) {
  const Geometry wanted(shape);
  const Fitted fitted(to_last(x, wanted), wanted, weight_shape);
  if (dy.numel() == 0 || fitted.is_empty()) return at::zeros(weight_shape, dy.options().dtype(at::kFloat));
  const Tensor& images = fitted.images;
  const Geometry& geometry = fitted.geometry;
  const Tensor gradient = to_last(dy, geometry).slice(1, 0, fitted.rows).slice(2, 0, fitted.columns);
  if (geometry.is_pointwise(weight_shape[0], weight_shape[1])) {
    const Tensor rows = images.reshape({-1, weight_shape[2]});
    return transposed_product(rows, gradient.reshape({-1, weight_shape[3]})).reshape(weight_shape);
  }
  const Tensor weight = sizes_only({weight_shape[3], weight_shape[2], weight_shape[0], weight_shape[1]}, gradient);
  const Tensor all_gradients = as_aten(gradient);
  const Tensor all_images = as_aten(padded(images, geometry));
  Tensor sum = at::zeros(weight_shape, gradient.options().dtype(at::kFloat));
  for_each_piece(gradient.size(0), gradient.is_cpu() ? kImageUnit : std::max<int64_t>(1, gradient.size(0)), [&](Piece piece) {
    const auto gradients = at::convolution_backward(
        part(all_gradients, piece), part(all_images, piece), weight, c10::nullopt, geometry.strides,
        geometry.aten_padding(), geometry.dilations, false, {0, 0}, geometry.groups, {false, true, false});
    sum.add_(std::get<1>(gradients).permute({2, 3, 1, 0}));
  });
  return sum;
}

namespace {

/// [kh, kw, C, M] as the grouped weight [kh, kw, 1, C * M].
Ints grouped_sizes(at::IntArrayRef depthwise) { return {depthwise[0], depthwise[1], 1, depthwise[2] * depthwise[3]}; }

}  // namespace

Tensor depthwise(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                 const ConvolutionShape& shape) {
  return convolution(x, weight.reshape(grouped_sizes(weight.sizes())), bias, shape);
}

Tensor depthwise_grad_input(const Tensor& dy, const Tensor& weight, const Ints& input_shape,
                            const ConvolutionShape& shape) {
  return convolution_grad_input(dy, weight.reshape(grouped_sizes(weight.sizes())), input_shape, shape);
}

Tensor depthwise_grad_weight(const Tensor& dy, const Tensor& x, const Ints& weight_shape,
                             const ConvolutionShape& shape) {
  return convolution_grad_weight(dy, x, grouped_sizes(weight_shape), shape).reshape(weight_shape);
}

namespace {

using Convolve = Tensor (*)(const Tensor&, const Tensor&, const std::optional<Tensor>&, const ConvolutionShape&);

/// A prelu's weights for images [B, H, W, C].
std::optional<Tensor> to_last(const std::optional<Tensor>& weights, const Geometry& geometry) {
  if (!weights || !geometry.channels_first || weights->dim() != 3) return weights;
  return weights->permute({1, 2, 0});
}

/// Computes with the channels last, where bias and prelu broadcast.
Tensor fused(Convolve convolve, const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
             const std::optional<Tensor>& prelu_weights, ConvolutionShape shape, const std::string& activation,
             double alpha) {
  const Geometry geometry(shape);
  shape[9] = 0;
  const bool per_channel = bias && bias->dim() == 1 && bias->size(0) != 1;
  Tensor y = convolve(to_last(x, geometry), weight, per_channel ? bias : std::nullopt, shape);
  if (bias && !per_channel) y = y + *bias;
  return from_last(apply_activation(y, activation, to_last(prelu_weights, geometry), alpha), geometry);
}

}  // namespace

Tensor fused_depthwise(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                       const std::optional<Tensor>& prelu_weights, const ConvolutionShape& shape,
                       const std::string& activation, double alpha) {
  return fused(depthwise, x, weight, bias, prelu_weights, shape, activation, alpha);
}

Tensor fused_convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                         const std::optional<Tensor>& prelu_weights, const ConvolutionShape& shape,
                         const std::string& activation, double alpha) {
  return fused(convolution, x, weight, bias, prelu_weights, shape, activation, alpha);
}

Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const std::optional<Tensor>& offset,
                  const std::optional<Tensor>& scale, double epsilon) {
  Tensor factor = at::rsqrt(variance + epsilon);
  if (scale) factor = factor * *scale;
  const Tensor normalised = (x - mean) * factor;
  return offset ? normalised + *offset : normalised;
}

}  // namespace interfuse
