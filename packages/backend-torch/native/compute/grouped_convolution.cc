#include "bfloat16_product.h"
#include "convolution.h"
#include "convolution_geometry.h"
#include "packed_weight.h"
#include "product.h"
#include "winograd_convolution.h"

namespace interfuse {

namespace {

/// What the convolution of `x` is computed in: float32 where oneDNN has no bfloat16. ATen's loops would also add no residual.
Precision computed_in(const Stored& x, Precision precision) {
  return x.tensor().is_cpu() && !kHasOneDnnBfloat16 ? Precision::kFloat32 : precision;
}

/// Whether `winograd_convolution` computes this, with a weight of these sizes.
bool uses_winograd(const Tensor& images, at::IntArrayRef weight_sizes, const Geometry& geometry) {
  return kHasWinograd && is_bfloat16(images) && images.is_cpu() && geometry.is_plain() &&
         prefers_winograd(weight_sizes);
}

}  // namespace

Tensor grouped_convolution(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias,
                           const Stored& residual, const ConvolutionShape& shape, Precision precision) {
  const Precision computed = computed_in(x, precision);
  const Tensor images = in_precision(x, computed);
  Tensor addend;
  if (residual.present()) {
    require_float(residual.tensor());
    addend = residual.tensor().to(activation_type(computed));
  }
  if constexpr (kHasWinograd) {
    const Geometry geometry(shape);
    if (uses_winograd(images, weight.tensor().sizes(), geometry)) {
      const Windows windows{geometry.top, geometry.left, images.size(1) + geometry.top + geometry.bottom - 2,
                            images.size(2) + geometry.left + geometry.right - 2};
      return winograd_convolution(images, *packed_winograd_weight(weight), weight.tensor().size(3), windows,
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
  if constexpr (kHasWinograd) {
    const Geometry geometry(shape);
    const auto sizes = weight.tensor().sizes();
    if (uses_winograd(gradient, {sizes[0], sizes[1], sizes[3], sizes[2]}, geometry)) {
      // A convolution too, of dy by the weight turned by 180 degrees, from outputs to inputs.
      const Tensor turned = weight.tensor().flip({0, 1}).transpose(2, 3);
      const Tensor read = gradient.slice(1, 0, geometry.out_height).slice(2, 0, geometry.out_width);
      return winograd_convolution(read, winograd_weight(turned), turned.size(3),
                                  {2 - geometry.top, 2 - geometry.left, input_shape[1], input_shape[2]}, {});
    }
  }
  return convolution_grad_input(gradient, in_precision(weight, computed), input_shape, shape)
      .to(activation_type(precision));
}

Tensor grouped_convolution_grad_weight(const Stored& dy, const Stored& x, const Ints& weight_shape,
                                       const ConvolutionShape& shape, Precision precision) {
  const Precision computed = computed_in(x, precision);
  return convolution_grad_weight(in_precision(dy, computed), in_precision(x, computed), weight_shape, shape);
}

}  // namespace interfuse
