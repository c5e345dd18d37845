// The numbers of a convolution by name, and the parts of them that ATen takes.
#pragma once

#include "convolution.h"

namespace interfuse {

/// `ConvolutionShape` by name.
struct Geometry {
  explicit Geometry(const ConvolutionShape& shape)
      : strides{shape[0], shape[1]},
        top(shape[2]),
        bottom(shape[3]),
        left(shape[4]),
        right(shape[5]),
        dilations{shape[6], shape[7]},
        groups(shape[8]),
        channels_first(shape[9] != 0),
        out_height(shape[10]),
        out_width(shape[11]) {}

  bool is_symmetric() const { return top == bottom && left == right; }
  /// Padding that ATen does itself; uneven padding is added to the input before.
  Ints aten_padding() const { return is_symmetric() ? Ints{top, left} : Ints{0, 0}; }
  bool is_pointwise(int64_t kernel_height, int64_t kernel_width) const {
    return kernel_height == 1 && kernel_width == 1 && groups == 1 && strides[0] == 1 && strides[1] == 1 && top == 0 &&
           bottom == 0 && left == 0 && right == 0;
  }
  bool is_plain() const {
    return strides[0] == 1 && strides[1] == 1 && dilations[0] == 1 && dilations[1] == 1 && groups == 1 && !channels_first;
  }

  Ints strides;
  int64_t top, bottom, left, right;
  Ints dilations;
  int64_t groups;
  bool channels_first;
  int64_t out_height, out_width;
};

/// Stands for an output's size where it is as many windows as fit.
constexpr int64_t kWhole = (int64_t{1} << 53) - 1;

/// The input that `count` windows of `kernel` cover.
inline int64_t covered(int64_t count, int64_t kernel, int64_t stride, int64_t dilation) {
  return (count - 1) * stride + (kernel - 1) * dilation + 1;
}

/// How many windows fit into `size` padded pixels; negative when not even the next stride would bring one.
inline int64_t num_windows(int64_t size, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t room = size - covered(1, kernel, stride, dilation);
  if (room >= 0) return room / stride + 1;
  return room >= -stride ? 0 : -1;
}

/// Whether oneDNN mistakes a result of one column: as of 3.12 its convolutions for AVX-512 do where rows go by one and columns
/// by more. One column is the same for every stride.
inline bool has_one_strided_column(int64_t columns, int64_t row_stride, int64_t column_stride) {
  return columns == 1 && row_stride == 1 && column_stride > 1;
}

}  // namespace interfuse
