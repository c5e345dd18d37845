// Convolutions of bfloat16 pictures by 3 x 3 kernels with two thirds of the products, for processors with bfloat16 dot
// products: Winograd's minimal filtering F(2, 3) along rows (Lavin & Gray 2015, arXiv 1509.09308, section 4.1).
//
// Two neighbouring pixels of the result take four products where six would be summed. Along columns too, F(2 x 2, 3 x 3)
// needs 4/9 of the products, but there sums of four pixels and of nine weights are rounded to bfloat16: 2.2 to 2.6 times the
// error of a direct convolution of what bfloat16 holds exactly, against 1.2 to 2.0 times here (of float32 weights and pixels:
// 1.6 and 1.4 times). And a row does not depend on where the picture was cut above it.
#pragma once

#include "bfloat16_panels.h"

namespace interfuse {

/// Whether this build has the convolution below. A matrix unit is faster than two thirds of its work in dot products.
#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)
constexpr bool kHasWinograd = true;
#else
constexpr bool kHasWinograd = false;
#endif

/// Of a convolution, where its first window starts above and before the picture, and how many windows there are.
struct Windows {
  int64_t top, left, out_height, out_width;
};

/// Whether a convolution with a weight of these sizes, strides and dilations of 1 and one group is faster so.
bool prefers_winograd(at::IntArrayRef weight_sizes);

/// The weight [3, 3, C, O], in float32 if there is one, as `winograd_convolution` reads it.
Panels winograd_weight(const Tensor& weight);

/// What is added before a result is stored; either may be undefined.
struct WinogradAddends {
  Tensor bias;      // [O], float32
  Tensor residual;  // [B, OH, OW, O], bfloat16
};

/// x [B, H, W, C] with a weight for O outputs: bfloat16 [B, OH, OW, O]. Windows may lie anywhere; beyond the picture are zeros.
Tensor winograd_convolution(const Tensor& x, const Panels& weight, int64_t outputs, const Windows& windows,
                            const WinogradAddends& addends);

}  // namespace interfuse
