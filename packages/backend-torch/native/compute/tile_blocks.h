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

/// Blocks of results, one after the other.
template <typename Output>
class TileBlocks {
 public:
  /// `sums`: twice `kTiledBlock` by `kTiledBlock`.
  explicit TileBlocks(float* sums) : sums_(sums), pending_sums_(sums + kTiledBlock * kTiledBlock) {}

  /// Starts what stores `block` of `result`: left times right over `depth` tiles.
  void multiply(const ProductResult<Output>& result, const TiledBlock& block, TileRow left, TileRow right,
                int64_t depth) {
    const int64_t share = (kTiledBlock + depth - 1) / std::max<int64_t>(1, depth);
    tile_product<false>(block.rows, block.columns, left, right, depth, sums_, kTiledBlock, [&](int64_t k) {
      prefetch(result, block, k * share, std::min(block.rows, (k + 1) * share));
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
  /// Asks for what is added and overwritten at the block's end: its rows lie too far apart to be guessed.
  static void prefetch(const ProductResult<Output>& result, const TiledBlock& block, int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = (block.row + r) * result.columns + block.column;
      for (int64_t c = 0; c < kTiledBlock; c += kLine / static_cast<int64_t>(sizeof(Output))) {
        __builtin_prefetch(result.y + at + c, 1);
      }
      if (result.residual == nullptr) continue;
      for (int64_t c = 0; c < kTiledBlock; c += kLanes) __builtin_prefetch(result.residual + at + c);
    }
  }

  void finish_rows(int64_t end) {
    if (finished_ >= end) return;
    if (pending_.columns < kTiledBlock) {
      finish_narrow_rows(end);
    } else if (pending_result_.bias == nullptr && pending_result_.residual == nullptr) {
      finish_whole_rows<false>(end);
    } else {
      finish_whole_rows<true>(end);
    }
    finished_ = end;
  }

  void finish_narrow_rows(int64_t end) {
    for (int64_t r = finished_; r < end; ++r) {
      for (int64_t c = 0; c < pending_.columns; c += kLanes) {
        interfuse::finish(pending_result_, pending_.row + r, pending_.column + c,
                          load(pending_sums_ + r * kTiledBlock + c));
      }
    }
  }

  /// A few instructions a row, or storing takes as long as the products.
  template <bool kAdds>
  void finish_whole_rows(int64_t end) {
    const ProductResult<Output> result = pending_result_;
    const float* sums = pending_sums_ + finished_ * kTiledBlock;
    int64_t at = (pending_.row + finished_) * result.columns + pending_.column;
    for (int64_t r = finished_; r < end; ++r) {
      Vector left = load(sums), right = load(sums + kLanes);
      if (kAdds && result.bias != nullptr) {
        left += load(result.bias + pending_.column);
        right += load(result.bias + pending_.column + kLanes);
      }
      if (kAdds && result.residual != nullptr) {
        left += load(result.residual + at);
        right += load(result.residual + at + kLanes);
      }
      store(result.y + at, left);
      store(result.y + at + kLanes, right);
      sums += kTiledBlock;
      at += result.columns;
    }
  }

  static constexpr int64_t kLine = 64;
  float* sums_;
  float* pending_sums_;
  TiledBlock pending_{};
  ProductResult<Output> pending_result_{};
  int64_t finished_ = 0;
};

}  // namespace interfuse

#endif
