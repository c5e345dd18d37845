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

}  // namespace interfuse
