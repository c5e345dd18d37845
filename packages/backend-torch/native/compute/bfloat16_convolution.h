// Convolutions of bfloat16 pictures with strides and dilations of 1 and one group. ATen's go through oneDNN, which compiles a
// program for every size and takes small pictures a few at a time. Two ways, by what the processor has:
//
// Dot products (winograd_convolution.cc): 3 x 3 kernels with two thirds of the products, Winograd's minimal filtering F(2, 3)
// along rows (Lavin & Gray 2015, arXiv 1509.09308, section 4.1). Two neighbouring pixels of the result take four products
// where six would be summed. Along columns too, F(2 x 2, 3 x 3) needs 4/9 of the products, but there sums of four pixels and
// of nine weights are rounded to bfloat16: 2.2 to 2.6 times the error of a direct convolution of what bfloat16 holds exactly,
// against 1.2 to 2.0 times here (of float32 weights and pixels: 1.6 and 1.4 times). And a row does not depend on where the
// picture was cut above it.
//
// A matrix unit (tile_convolution.cc): kernels of any size, directly, which is faster there than to make fewer products.
#pragma once

#include "bfloat16_product.h"

namespace interfuse {

/// Whether this build has the convolutions below, and the gradients of their weights.
constexpr bool kHasBfloat16Convolution = kHasBfloat16Product;
constexpr bool kHasBfloat16ConvolutionGradWeight = kHasMatrixUnit;

/// Of a convolution, where its first window starts above and before the picture, and how many windows there are.
struct Windows {
  int64_t top, left, out_height, out_width;
};

/// Whether they compute a convolution of these pictures with a weight of these sizes.
bool has_bfloat16_convolution(const Tensor& x, at::IntArrayRef weight_sizes);

/// The weight [kh, kw, C, O], in float32 if there is one, as `bfloat16_convolution` reads it.
Panels convolution_weight(const Tensor& weight);

/// What is added before a result is stored; either may be undefined.
struct ConvolutionAddends {
  Tensor bias;      // [O], float32
  Tensor residual;  // [B, OH, OW, O], bfloat16
};

/// x [B, H, W, C] with a weight of sizes [kh, kw, C, O]: bfloat16 [B, OH, OW, O]. Windows may lie anywhere; beyond the picture
/// are zeros.
Tensor bfloat16_convolution(const Tensor& x, const Panels& weight, at::IntArrayRef weight_sizes, const Windows& windows,
                            const ConvolutionAddends& addends);

/// The gradient of that weight, for gradients dy [B, OH, OW, O]: float32 [kh, kw, C, O].
Tensor bfloat16_convolution_grad_weight(const Tensor& dy, const Tensor& x, at::IntArrayRef weight_sizes,
                                        const Windows& windows);

}  // namespace interfuse
