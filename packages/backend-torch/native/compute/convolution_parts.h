// What convolutions of bfloat16 pictures read and write, and the parts of it that threads take.
#pragma once

#include <algorithm>

#include "bfloat16_convolution.h"

namespace interfuse {

/// Pictures, results and addends.
struct ConvolutionData {
  const Bfloat16* x;  // [B, height, width, channels]
  Bfloat16* y;        // [B, out_height, out_width, outputs]
  const float* bias;
  const Bfloat16* residual;  // or null
  const Panels* weight;
  int64_t height, width, channels, outputs;
  Windows windows;
};

/// Rows and columns of one picture's result that are computed together.
struct ConvolutionPart {
  int64_t picture, row, rows, column, columns;
};

/// Equally large parts of every picture, of no more than so many rows and columns.
class ConvolutionParts {
 public:
  ConvolutionParts(int64_t rows, int64_t columns, int64_t most_rows, int64_t most_columns)
      : rows_(rows),
        columns_(columns),
        part_rows_(divided_up(rows, divided_up(rows, most_rows))),
        part_columns_(divided_up(columns, divided_up(columns, most_columns))),
        bands_(divided_up(rows, part_rows_)),
        groups_(divided_up(columns, part_columns_)) {}

  int64_t per_picture() const { return bands_ * groups_; }
  int64_t part_rows() const { return part_rows_; }
  int64_t part_columns() const { return part_columns_; }

  ConvolutionPart at(int64_t index) const {
    const int64_t row = index / groups_ % bands_ * part_rows_, column = index % groups_ * part_columns_;
    return {index / per_picture(), row, std::min(part_rows_, rows_ - row), column,
            std::min(part_columns_, columns_ - column)};
  }

 private:
  int64_t rows_, columns_, part_rows_, part_columns_, bands_, groups_;
};

}  // namespace interfuse
