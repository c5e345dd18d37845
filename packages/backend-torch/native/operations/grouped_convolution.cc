#include "../compute/bfloat16_convolution.h"
#include "convolution.h"
#include "convolution_geometry.h"
#include "../compute/packed_weight.h"
#include "product.h"

namespace interfuse {

namespace {

/// What the convolution of `x` is computed in: float32 where oneDNN has no bfloat16. ATen's loops would also add no residual.
Precision computed_in(const Stored& x, Precision precision) {
  return x.tensor().is_cpu() && !kHasOneDnnBfloat16 ? Precision::kFloat32 : precision;
}

/// Whether `bfloat16_convolution` computes this, with a weight of these sizes. Of single pixels ordinary products are faster.
bool uses_own(const Tensor& images, at::IntArrayRef weight_sizes, const Geometry& geometry) {
  const bool has_channels = weight_sizes[2] > 0 && weight_sizes[3] > 0;
  return has_channels && geometry.is_plain() && !geometry.is_pointwise(weight_sizes[0], weight_sizes[1]) &&
         has_bfloat16_convolution(images, weight_sizes);
}

}  // namespace

Tensor grouped_convolution(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias,
                           const Stored& residual, const ConvolutionShape& shape, Precision precision) {
  const Precision computed = computed_in(x, precision);
  const Tensor images = in_precision(x, computed);
  if (bias) require_float(*bias);
  Tensor addend;
  if (residual.present()) {
    require_float(residual.tensor());
    addend = residual.tensor().to(activation_type(computed));
  }
  if constexpr (kHasBfloat16Convolution) {
    const Geometry geometry(shape);
    const auto sizes = weight.tensor().sizes();
    if (uses_own(images, sizes, geometry)) {
      const Windows windows{geometry.top, geometry.left, images.size(1) + geometry.top + geometry.bottom - sizes[0] + 1,
                            images.size(2) + geometry.left + geometry.right - sizes[1] + 1};
      return bfloat16_convolution(images, *packed_convolution_weight(weight), sizes, windows,
                                  {bias.value_or(Tensor()), addend});
    }
  }
  return adding_convolution(images, in_precision(weight, computed), bias, addend, shape)
      .to(activation_type(precision));
}

Tensor grouped_convolution_grad_input(const Stored& dy, const Stored& weight, const Ints& input_shape,
                                      const ConvolutionShape& shape, Precision precision) {
  const Precision computed = computed_in(dy, precision);
  const Tensor gradient = in_precision(dy, computed);
  if constexpr (kHasBfloat16Convolution) {
    const Geometry geometry(shape);
    const auto sizes = weight.tensor().sizes();
    const Ints turned_sizes{sizes[0], sizes[1], sizes[3], sizes[2]};
    if (uses_own(gradient, turned_sizes, geometry)) {
      // A convolution too, of dy by the weight turned by 180 degrees, from outputs to inputs.
      const Tensor turned = weight.tensor().flip({0, 1}).transpose(2, 3);
      const Tensor read = gradient.slice(1, 0, geometry.out_height).slice(2, 0, geometry.out_width);
      return bfloat16_convolution(
          read, convolution_weight(turned), turned_sizes,
          {sizes[0] - 1 - geometry.top, sizes[1] - 1 - geometry.left, input_shape[1], input_shape[2]}, {});
    }
  }
  return convolution_grad_input(gradient, in_precision(weight, computed), input_shape, shape)
      .to(activation_type(precision));
}

Tensor grouped_convolution_grad_weight(const Stored& dy, const Stored& x, const Ints& weight_shape,
                                       const ConvolutionShape& shape, Precision precision) {
  const Precision computed = computed_in(x, precision);
  const Tensor gradient = in_precision(dy, computed), images = in_precision(x, computed);
  if constexpr (kHasBfloat16ConvolutionGradWeight) {
    const Geometry geometry(shape);
    if (uses_own(images, weight_shape, geometry)) {
      const Tensor read = gradient.slice(1, 0, geometry.out_height).slice(2, 0, geometry.out_width);
      return bfloat16_convolution_grad_weight(read, images, weight_shape,
                                              {geometry.top, geometry.left, read.size(1), read.size(2)});
    }
  }
  return convolution_grad_weight(gradient, images, weight_shape, shape);
}

}  // namespace interfuse
