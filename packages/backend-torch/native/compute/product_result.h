// Where a product's sums go.
#pragma once

#include <algorithm>

#include "vector.h"

namespace interfuse {

/// A product's result [rows, columns], and what is added to it; pointers may be null.
template <typename Output>
struct ProductResult {
  Output* y;
  const float* bias;      // [columns]
  const float* residual;  // [rows, columns]
  int64_t rows, columns;
};

/// Sixteen sums of a row; those beyond the last column are left out.
template <typename Output>
INTERFUSE_INLINE void finish(const ProductResult<Output>& result, int64_t row, int64_t column, Vector sum) {
  const int64_t n = std::min(kLanes, result.columns - column);
  if (n <= 0) return;
  const int64_t at = row * result.columns + column;
  if (result.bias != nullptr) sum += load_run(result.bias + column, n);
  if (result.residual != nullptr) sum += load_run(result.residual + at, n);
  store_run(result.y + at, sum, n);
}

}  // namespace interfuse
