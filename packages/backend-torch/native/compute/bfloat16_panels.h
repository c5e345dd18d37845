// Right operands of bfloat16 products as panels: a panel holds some rows or columns, and of each the pairs of neighbouring
// values along the axis that is summed over, so that a product reads it from front to back.
#pragma once

#include "block_product.h"
#include "matrix_unit.h"
#include "types.h"
#include "vector.h"

namespace interfuse {

/// Lanes of a panel: what a block of a product is wide, or a tile of the matrix unit. Steps are filled up to whole tiles.
constexpr int64_t kPanelWidth = kHasMatrixUnit ? kTileRows : kBlockVectors * kLanes;
constexpr int64_t kStepUnit = kHasMatrixUnit ? kTileRows : 1;

inline int64_t divided_up(int64_t count, int64_t size) { return (count + size - 1) / size; }

/// Word (step, lane) of panel p lies at [p][step][lane]; lanes and steps without data are zero.
class Panels {
 public:
  Panels(int64_t lanes, int64_t steps);

  int64_t count() const { return divided_up(lanes_, kPanelWidth); }
  int64_t lanes() const { return lanes_; }
  int64_t steps() const { return steps_; }
  int64_t stored_steps() const { return divided_up(steps_, kStepUnit) * kStepUnit; }
  Bfloat16Pair* panel(int64_t index) const;

 private:
  int64_t lanes_, steps_;
  Tensor memory_;
};

/// The rows of a contiguous [N, K] matrix as lanes, for sums over K; K is even.
Panels panels_of_rows(const Tensor& matrix);

/// The columns of a contiguous [K, N] matrix as lanes, for sums over K.
Panels panels_of_columns(const Tensor& matrix);

}  // namespace interfuse
