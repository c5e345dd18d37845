// Small dense products held in registers, for operands that were packed into scratch memory. ATen's products cost
// microseconds to start; attention over short documents needs tens of thousands of them a step.
#pragma once

#include <algorithm>
#include <type_traits>

#include "vector.h"

namespace interfuse {

/// A left operand: word (row, step) lies at data[row * row_stride + step * step_stride], so it may be transposed.
template <typename Word>
struct LeftOperand {
  const Word* data;
  int64_t row_stride;
  int64_t step_stride;
};

/// A row-major matrix whose rows are multiples of sixteen words long.
template <typename T>
struct Panel {
  T* data;
  int64_t stride;
};

constexpr int kBlockRows = 6;  // rows times vectors, plus one row of the right side, fill 32 registers
constexpr int kBlockVectors = 4;

namespace detail {

/// Rows times vectors of sums, held in registers: `start(row, vector)` gives their first values, `finish(row, vector, sum)`
/// takes the last.
template <int Rows, int Vectors, typename Word, typename Start, typename Finish>
INTERFUSE_INLINE void block(LeftOperand<Word> a, const Word* b, int64_t b_stride, int64_t depth, Start start,
                            Finish finish) {
  Vector sums[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[r][v] = start(r, v);
  }
  for (int64_t k = 0; k < depth; ++k) {
    Vector right[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) right[v] = load_words(b + k * b_stride + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const Word left = a.data[r * a.row_stride + k * a.step_stride];
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[r][v] = multiply_add(sums[r][v], left, right[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) finish(r, v, sums[r][v]);
  }
}

/// Calls `body(std::integral_constant<int, rows>)` for 1 to `kBlockRows` rows.
template <typename Body>
INTERFUSE_INLINE void with_rows(int64_t rows, Body body) {
  switch (rows) {
    case 1:
      return body(std::integral_constant<int, 1>{});
    case 2:
      return body(std::integral_constant<int, 2>{});
    case 3:
      return body(std::integral_constant<int, 3>{});
    case 4:
      return body(std::integral_constant<int, 4>{});
    case 5:
      return body(std::integral_constant<int, 5>{});
    default:
      return body(std::integral_constant<int, kBlockRows>{});
  }
}

template <bool Adds, int Vectors, typename Word>
inline void block_rows(LeftOperand<Word> a, const Word* b, int64_t b_stride, float* c, int64_t c_stride, int64_t depth,
                       int64_t rows) {
  with_rows(rows, [&](auto height) {
    block<height, Vectors>(
        a, b, b_stride, depth, [&](int r, int v) { return Adds ? load(c + r * c_stride + v * kLanes) : Vector{}; },
        [&](int r, int v, Vector sum) { store(c + r * c_stride + v * kLanes, sum); });
  });
}

template <bool Adds, typename Word>
void product(LeftOperand<Word> a, Panel<const Word> b, Panel<float> c, int64_t rows, int64_t width, int64_t depth) {
  for (int64_t r = 0; r < rows; r += kBlockRows) {
    const LeftOperand<Word> left{a.data + r * a.row_stride, a.row_stride, a.step_stride};
    const int64_t block_height = std::min<int64_t>(kBlockRows, rows - r);
    for (int64_t column = 0; column < width; column += kBlockVectors * kLanes) {
      const Word* right = b.data + column;
      float* result = c.data + r * c.stride + column;
      switch (std::min<int64_t>(kBlockVectors, (width - column) / kLanes)) {
        case 1:
          block_rows<Adds, 1>(left, right, b.stride, result, c.stride, depth, block_height);
          break;
        case 2:
          block_rows<Adds, 2>(left, right, b.stride, result, c.stride, depth, block_height);
          break;
        case 3:
          block_rows<Adds, 3>(left, right, b.stride, result, c.stride, depth, block_height);
          break;
        default:
          block_rows<Adds, 4>(left, right, b.stride, result, c.stride, depth, block_height);
          break;
      }
    }
  }
}

}  // namespace detail

/// c = a b for `rows` x `width` results over `depth` words; `width` is a multiple of sixteen.
template <typename Word>
void set_product(LeftOperand<Word> a, Panel<const Word> b, Panel<float> c, int64_t rows, int64_t width,
                 int64_t depth) {
  detail::product<false>(a, b, c, rows, width, depth);
}

/// c += a b.
template <typename Word>
void add_product(LeftOperand<Word> a, Panel<const Word> b, Panel<float> c, int64_t rows, int64_t width,
                 int64_t depth) {
  detail::product<true>(a, b, c, rows, width, depth);
}

/// a b for up to `kBlockRows` rows of `kBlockVectors` vectors; `finish(row, vector, sum)` gets the sums out of registers.
/// Inlined, so that strides which are constants are known: with six pointers to move the inner loop is a tenth slower.
template <typename Word, typename Finish>
INTERFUSE_INLINE void block_product(LeftOperand<Word> a, Panel<const Word> b, int64_t rows, int64_t depth,
                                    Finish finish) {
  detail::with_rows(rows, [&](auto height) __attribute__((always_inline)) {
    detail::block<height, kBlockVectors>(
        a, b.data, b.stride, depth, [](int, int) { return Vector{}; }, finish);
  });
}

}  // namespace interfuse
