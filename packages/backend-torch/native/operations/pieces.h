// oneDNN compiles programs for every new extent of a product or convolution, a quarter of a MiB each, and keeps them.
// Numbers of images and of text targets differ from row to row, so a batch is computed in pieces of few sizes: as many
// whole units as it has, then falling powers of two.
#pragma once

#include <cstdint>

namespace interfuse {

/// A run of rows, or of images.
struct Piece {
  int64_t start;
  int64_t size;
};

/// Calls `run(piece)` for the pieces of `count`, from the start; `unit` is a power of two.
template <typename Run>
void for_each_piece(int64_t count, int64_t unit, Run run) {
  int64_t start = 0;
  for (int64_t size = count / unit * unit, part = unit; start < count; part /= 2, size = part) {
    if (size == 0 || size > count - start) continue;
    run(Piece{start, size});
    start += size;
  }
}

/// Whether `count` is a single piece.
inline bool is_one_piece(int64_t count, int64_t unit) {
  const int64_t rest = count % unit;
  return rest == 0 || (count < unit && (rest & (rest - 1)) == 0);
}

}  // namespace interfuse
