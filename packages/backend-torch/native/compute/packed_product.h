// The products behind `bfloat16_product.h`, by what the processor has: dot products or a matrix unit.
#pragma once

#include "bfloat16_panels.h"
#include "product_result.h"

namespace interfuse {

/// Rows of words as they lie in memory, [rows, steps], times panels: the sums are finished and stored.
template <typename Output>
void multiply(const ProductResult<Output>& result, const Bfloat16Pair* left, const Panels& right);

}  // namespace interfuse
