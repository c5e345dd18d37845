// Products of packed operands on the matrix unit, a block at a time. A block's sums are finished while the next one's
// products run: the unit does not wait for what the vector units do.
#pragma once

#include <algorithm>

#include "product_result.h"
#include "scratch.h"
#include "tiles.h"

#ifdef __AMX_BF16__

namespace interfuse {

/// Up to `kTiledBlock` rows and columns of a result.
struct TiledBlock {
  int64_t row, rows, column, columns;
};

/// Blocks of results, one after the other. A `Result` can `prefetch(block, begin, end)` what its rows will want, and
/// `finish(block, sums, begin, end)` those rows of a block's sums [rows, kTiledBlock].
template <typename Result>
class TileBlocks {
 public:
  /// `sums`: twice `kTiledBlock` by `kTiledBlock`.
  explicit TileBlocks(float* sums) : sums_(sums), pending_sums_(sums + kTiledBlock * kTiledBlock) {}

  /// Starts what stores `block` of `result`: left times right over `depth` tiles.
  template <typename Left>
  void multiply(const Result& result, const TiledBlock& block, Left left, TileRow right, int64_t depth) {
    const int64_t share = (kTiledBlock + depth - 1) / std::max<int64_t>(1, depth);
    tile_product<false>(block.rows, block.columns, left, right, depth, sums_, kTiledBlock, [&](int64_t k) {
      result.prefetch(block, k * share, std::min(block.rows, (k + 1) * share));
      finish_rows(std::min(pending_.rows, (k + 1) * share));
    });
    finish();
    std::swap(sums_, pending_sums_);
    pending_ = block;
    pending_result_ = result;
    finished_ = 0;
  }

  /// Stores what was started.
  void finish() { finish_rows(pending_.rows); }

 private:
  void finish_rows(int64_t end) {
    if (finished_ >= end) return;
    pending_result_.finish(pending_, pending_sums_, finished_, end);
    finished_ = end;
  }

  float* sums_;
  float* pending_sums_;
  TiledBlock pending_{};
  Result pending_result_{};
  int64_t finished_ = 0;
};

/// A product's result as blocks of it are finished.
template <typename Output>
struct TiledResult : ProductResult<Output> {
  /// Rows lie too far apart to be guessed.
  void prefetch(const TiledBlock& block, int64_t begin, int64_t end) const {
    constexpr int64_t kLine = 64 / sizeof(Output);
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = (block.row + r) * this->columns + block.column;
      for (int64_t c = 0; c < kTiledBlock; c += kLine) __builtin_prefetch(this->y + at + c, 1);
      if (this->residual == nullptr) continue;
      for (int64_t c = 0; c < kTiledBlock; c += kLanes) __builtin_prefetch(this->residual + at + c);
    }
  }

  void finish(const TiledBlock& block, const float* sums, int64_t begin, int64_t end) const {
    if (block.columns < kTiledBlock) {
      finish_narrow_rows(block, sums, begin, end);
    } else if (this->bias == nullptr && this->residual == nullptr) {
      finish_whole_rows<false>(block, sums, begin, end);
    } else {
      finish_whole_rows<true>(block, sums, begin, end);
    }
  }

 private:
  void finish_narrow_rows(const TiledBlock& block, const float* sums, int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; ++r) {
      for (int64_t c = 0; c < block.columns; c += kLanes) {
        interfuse::finish<Output>(*this, block.row + r, block.column + c, load(sums + r * kTiledBlock + c));
      }
    }
  }

  /// A few instructions a row, or storing takes as long as the products.
  template <bool kAdds>
  void finish_whole_rows(const TiledBlock& block, const float* sums, int64_t begin, int64_t end) const {
    const ProductResult<Output> result = *this;
    const float* from = sums + begin * kTiledBlock;
    int64_t at = (block.row + begin) * result.columns + block.column;
    for (int64_t r = begin; r < end; ++r) {
      Vector left = load(from), right = load(from + kLanes);
      if (kAdds && result.bias != nullptr) {
        left += load(result.bias + block.column);
        right += load(result.bias + block.column + kLanes);
      }
      if (kAdds && result.residual != nullptr) {
        left += load(result.residual + at);
        right += load(result.residual + at + kLanes);
      }
      store(result.y + at, left);
      store(result.y + at + kLanes, right);
      from += kTiledBlock;
      at += result.columns;
    }
  }
};

}  // namespace interfuse

#endif
