#include "convolution.h"

#include <ATen/ATen.h>

#include "pieces.h"
#include "product.h"

namespace interfuse {

namespace {

/// `ConvolutionShape` by name, and the parts of it that ATen takes.
struct Geometry {
  explicit Geometry(const ConvolutionShape& shape)
      : strides{shape[0], shape[1]},
        top(shape[2]),
        bottom(shape[3]),
        left(shape[4]),
        right(shape[5]),
        dilations{shape[6], shape[7]},
        groups(shape[8]) {}

  bool is_symmetric() const { return top == bottom && left == right; }
  /// Padding that ATen does itself; uneven padding is added to the input before.
  Ints aten_padding() const { return is_symmetric() ? Ints{top, left} : Ints{0, 0}; }
  bool is_pointwise(int64_t kernel_height, int64_t kernel_width) const {
    return kernel_height == 1 && kernel_width == 1 && groups == 1 && strides[0] == 1 && strides[1] == 1 && top == 0 &&
           bottom == 0 && left == 0 && right == 0;
  }

  Ints strides;
  int64_t top, bottom, left, right;
  Ints dilations;
  int64_t groups;
};

/// The same memory seen as [B, C, H, W]: ATen's "channels last".
Tensor channels_first(const Tensor& x) { return x.contiguous().permute({0, 3, 1, 2}); }
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

/// A result of [B, ..] computed piece by piece: `run` gives [b, ..] for each.
template <typename Run>
Tensor in_pieces(int64_t batch, Run run) {
  if (is_one_piece(batch, kImageUnit)) return run(Piece{0, batch});
  std::vector<Tensor> results;
  for_each_piece(batch, kImageUnit, [&](Piece piece) { results.push_back(run(piece)); });
  return at::cat(results);
}

Tensor images(const Tensor& x, Piece piece) { return x.narrow(0, piece.start, piece.size); }

/// Only the sizes of this operand matter to ATen; the memory is never read.
Tensor sizes_only(at::IntArrayRef sizes, const Tensor& like) {
  return at::empty(sizes, like.options(), at::MemoryFormat::ChannelsLast);
}

}  // namespace

Tensor convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                   const ConvolutionShape& shape) {
  const Geometry geometry(shape);
  if (geometry.is_pointwise(weight.size(0), weight.size(1))) {
    return column_product(x.contiguous(), weight.reshape({weight.size(2), weight.size(3)}),
                          bias.value_or(Tensor()));
  }
  const Tensor all = channels_first(padded(x, geometry));
  const Tensor typed_weight = aten_weight(weight);
  c10::optional<Tensor> aten_bias;
  if (bias) aten_bias = *bias;
  return in_pieces(x.size(0), [&](Piece piece) {
    return channels_last(at::convolution(images(all, piece), typed_weight, aten_bias, geometry.strides,
                                         geometry.aten_padding(), geometry.dilations, false, {0, 0}, geometry.groups));
  });
}

Tensor convolution_grad_input(const Tensor& dy, const Tensor& weight, const Ints& input_shape,
                              const ConvolutionShape& shape) {
  const Geometry geometry(shape);
  if (geometry.is_pointwise(weight.size(0), weight.size(1))) {
    return linear_product(dy.contiguous(), weight.reshape({weight.size(2), weight.size(3)}), {}, dy.scalar_type());
  }
  const bool even = geometry.is_symmetric();
  const int64_t height = input_shape[1] + (even ? 0 : geometry.top + geometry.bottom);
  const int64_t width = input_shape[2] + (even ? 0 : geometry.left + geometry.right);
  const Tensor all = channels_first(dy);
  const Tensor typed_weight = aten_weight(weight);
  return in_pieces(dy.size(0), [&](Piece piece) {
    const auto gradients = at::convolution_backward(
        images(all, piece), sizes_only({piece.size, input_shape[3], height, width}, dy), typed_weight, c10::nullopt,
        geometry.strides, geometry.aten_padding(), geometry.dilations, false, {0, 0}, geometry.groups,
        {true, false, false});
    Tensor dx = std::get<0>(gradients);
    if (!even) dx = dx.narrow(2, geometry.top, input_shape[1]).narrow(3, geometry.left, input_shape[2]);
    return channels_last(dx);
  });
}

Tensor convolution_grad_weight(const Tensor& dy, const Tensor& x, const Ints& weight_shape,
                               const ConvolutionShape& shape) {
  const Geometry geometry(shape);
  if (geometry.is_pointwise(weight_shape[0], weight_shape[1])) {
    const Tensor rows = x.reshape({-1, weight_shape[2]});
    return transposed_product(rows, dy.reshape({-1, weight_shape[3]})).reshape(weight_shape);
  }
  const Tensor all_dy = channels_first(dy);
  const Tensor all_x = channels_first(padded(x, geometry));
  const Tensor weight = sizes_only({weight_shape[3], weight_shape[2], weight_shape[0], weight_shape[1]}, dy);
  Tensor sum = at::zeros(weight_shape, at::kFloat);
  for_each_piece(dy.size(0), kImageUnit, [&](Piece piece) {
    const auto gradients = at::convolution_backward(
        images(all_dy, piece), images(all_x, piece), weight, c10::nullopt, geometry.strides, geometry.aten_padding(),
        geometry.dilations, false, {0, 0}, geometry.groups, {false, true, false});
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

Tensor fused_depthwise(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                       const std::optional<Tensor>& prelu_weights, const ConvolutionShape& shape,
                       const std::string& activation, double alpha) {
  return apply_activation(depthwise(x, weight, bias, shape), activation, prelu_weights, alpha);
}

Tensor fused_convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                         const std::optional<Tensor>& prelu_weights, const ConvolutionShape& shape,
                         const std::string& activation, double alpha) {
  return apply_activation(convolution(x, weight, bias, shape), activation, prelu_weights, alpha);
}

Tensor grouped_convolution(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias,
                           const ConvolutionShape& shape, Precision precision) {
  std::optional<Tensor> typed_bias;
  if (bias) typed_bias = bias->to(activation_type(precision));
  return convolution(in_precision(x, precision), in_precision(weight, precision), typed_bias, shape);
}

Tensor grouped_convolution_grad_input(const Stored& dy, const Stored& weight, const Ints& input_shape,
                                      const ConvolutionShape& shape, Precision precision) {
  return convolution_grad_input(in_precision(dy, precision), in_precision(weight, precision), input_shape, shape);
}

Tensor grouped_convolution_grad_weight(const Stored& dy, const Stored& x, const Ints& weight_shape,
                                       const ConvolutionShape& shape, Precision precision) {
  return convolution_grad_weight(in_precision(dy, precision), in_precision(x, precision), weight_shape, shape);
}

Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const std::optional<Tensor>& offset,
                  const std::optional<Tensor>& scale, double epsilon) {
  Tensor factor = at::rsqrt(variance + epsilon);
  if (scale) factor = factor * *scale;
  const Tensor normalised = (x - mean) * factor;
  return offset ? normalised + *offset : normalised;
}

}  // namespace interfuse
