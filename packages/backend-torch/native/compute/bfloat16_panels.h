// Operands of bfloat16 products as panels: a panel holds a fixed number of rows or columns, and of each the pairs of
// neighbouring values along the axis that is summed over, so that a product reads it from front to back.
#pragma once

#include "types.h"
#include "vector.h"

namespace interfuse {

/// Word (step, lane) of panel p lies at [p][step][lane]; lanes without data are zero.
class Panels {
 public:
  Panels(int64_t lanes, int64_t width, int64_t steps);

  int64_t count() const { return (lanes_ + width_ - 1) / width_; }
  int64_t lanes() const { return lanes_; }
  int64_t width() const { return width_; }
  int64_t steps() const { return steps_; }
  Bfloat16Pair* panel(int64_t index) const;

 private:
  int64_t lanes_, width_, steps_;
  Tensor memory_;
};

/// The rows of a contiguous [N, K] matrix as lanes, for sums over K; K is even.
Panels panels_of_rows(const Tensor& matrix, int64_t width);

/// The columns of a contiguous [K, N] matrix as lanes, for sums over K.
Panels panels_of_columns(const Tensor& matrix, int64_t width);

}  // namespace interfuse
