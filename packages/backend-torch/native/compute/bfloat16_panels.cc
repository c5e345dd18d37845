#include "bfloat16_panels.h"

#include <algorithm>

#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

Panels::Panels(int64_t lanes, int64_t steps)
    : lanes_(lanes), steps_(steps), memory_(empty_tensor({count() * stored_steps() * kPanelWidth}, at::kInt)) {}

Bfloat16Pair* Panels::panel(int64_t index) const {
  return reinterpret_cast<Bfloat16Pair*>(memory_.data_ptr()) + index * stored_steps() * kPanelWidth;
}

namespace {

/// Up to sixteen rows of words [rows][steps] as sixteen lanes of a panel.
void transpose_lanes(const Bfloat16Pair* from, int64_t rows, int64_t steps, Bfloat16Pair* to) {
  int64_t step = 0;
  if (rows == kLanes) {
    for (; step + kLanes <= steps; step += kLanes) {
      // Moved as floats, the bits stay what they are.
      transpose_block(reinterpret_cast<const float*>(from + step), steps,
                      reinterpret_cast<float*>(to + step * kPanelWidth), kPanelWidth);
    }
  }
  for (; step < steps; ++step) {
    for (int64_t i = 0; i < rows; ++i) to[step * kPanelWidth + i] = from[i * steps + step];
  }
}

}  // namespace

Panels panels_of_rows(const Tensor& matrix) {
  const int64_t steps = matrix.size(1) / 2;
  const Panels panels(matrix.size(0), steps);
  const auto* from = reinterpret_cast<const Bfloat16Pair*>(data_of<Bfloat16>(matrix));
  parallel_for(panels.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const int64_t rows = std::min(kPanelWidth, panels.lanes() - p * kPanelWidth);
      Bfloat16Pair* to = panels.panel(p);
      const int64_t filled = rows < kPanelWidth ? 0 : steps;
      std::fill(to + filled * kPanelWidth, to + panels.stored_steps() * kPanelWidth, Bfloat16Pair{0});
      for (int64_t row = 0; row < rows; row += kLanes) {
        transpose_lanes(from + (p * kPanelWidth + row) * steps, std::min(kLanes, rows - row), steps, to + row);
      }
    }
  });
  return panels;
}

Panels panels_of_columns(const Tensor& matrix) {
  const int64_t rows = matrix.size(0);
  const int64_t columns = matrix.size(1);
  const Panels panels(columns, (rows + 1) / 2);
  const auto* from = data_of<Bfloat16>(matrix);
  const std::vector<Bfloat16> zeros(columns, Bfloat16{0});
  // Panels lie far apart: some steps of one are written before the next one's.
  constexpr int64_t kStepsTogether = 16;
  const int64_t groups = divided_up(panels.stored_steps(), kStepsTogether);
  parallel_for(groups, row_grain(2 * kStepsTogether * columns), [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      const int64_t first_step = group * kStepsTogether;
      const int64_t last_step = std::min(panels.stored_steps(), first_step + kStepsTogether);
      for (int64_t p = 0; p < panels.count(); ++p) {
        const int64_t lanes = std::min(kPanelWidth, columns - p * kPanelWidth);
        Bfloat16Pair* to = panels.panel(p) + first_step * kPanelWidth;
        for (int64_t step = first_step; step < last_step; ++step, to += kPanelWidth) {
          const Bfloat16* first = 2 * step < rows ? from + 2 * step * columns : zeros.data();
          const Bfloat16* second = 2 * step + 1 < rows ? first + columns : zeros.data();
          pair_rows(first + p * kPanelWidth, second + p * kPanelWidth, lanes, to);
          std::fill(to + lanes, to + kPanelWidth, Bfloat16Pair{0});
        }
      }
    }
  });
  return panels;
}

}  // namespace interfuse
