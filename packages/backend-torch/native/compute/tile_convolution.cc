// Convolutions on the matrix unit: no picture is taken apart into windows. A part of one is copied with the zeros around it, so
// that the pixels under one tap of the kernel, for all windows one after the other, lie as far apart as the windows: a tile
// is sixteen neighbouring pixels where they are. Windows that reach from the end of a row to the start of the next are
// computed too, and left out.
#include "convolution_parts.h"
#include "new_tensor.h"
#include "parallel.h"
#include "scratch.h"
#include "storage.h"
#include "tile_blocks.h"

#ifdef __AMX_BF16__

namespace interfuse {

namespace {

/// Channels of a pixel as they are copied: whole tiles.
constexpr int64_t kChannelUnit = 2 * kTileRows;
/// The most columns of a part, and the most bytes of its pixels: both stay in the cache of a processor core.
constexpr int64_t kMostColumns = 126;
constexpr int64_t kPartBytes = 1 << 19;
/// Values and positions of a part for which memory is kept.
constexpr int64_t kKeptPixels = kPartBytes;
constexpr int64_t kKeptPositions = kPartBytes / (kChannelUnit * sizeof(Bfloat16));

struct Job : ConvolutionData {
  int64_t kernel_height, kernel_width;

  int64_t stored_channels() const { return divided_up(channels, kChannelUnit) * kChannelUnit; }
};

struct Memory {
  Memory(int64_t pixels, int64_t positions) : pixels(pixels), offsets(positions) {}
  Scratch<Bfloat16> pixels;
  /// Of each position of a part, where its result goes; negative for none.
  Scratch<int64_t> offsets;
  Scratch<float> sums{2 * kTiledBlock * kTiledBlock};
};

/// One row of a part's pixels, of `width` pixels from column `first` of the picture on; those outside are zero.
void copy_row(const Job& job, const Bfloat16* from, int64_t first, int64_t width, Bfloat16* to) {
  const int64_t channels = job.channels, stored = job.stored_channels();
  const int64_t begin = std::clamp<int64_t>(-first, 0, width);
  const int64_t end = from == nullptr ? begin : std::clamp<int64_t>(job.width - first, begin, width);
  std::fill_n(to, begin * stored, Bfloat16{0});
  if (channels == stored) {
    std::copy_n(from + (first + begin) * channels, (end - begin) * channels, to + begin * stored);
  } else {
    for (int64_t i = begin; i < end; ++i) {
      std::copy_n(from + (first + i) * channels, channels, to + i * stored);
      std::fill_n(to + i * stored + channels, stored - channels, Bfloat16{0});
    }
  }
  std::fill_n(to + end * stored, (width - end) * stored, Bfloat16{0});
}

/// A part's pixels: the rows under its windows, each as wide as all windows of a row together.
void copy_pixels(const Job& job, const ConvolutionPart& part, int64_t width, Bfloat16* to) {
  for (int64_t r = 0; r < part.rows + job.kernel_height - 1; ++r) {
    const int64_t row = part.row + r - job.windows.top;
    const bool is_row = row >= 0 && row < job.height;
    const Bfloat16* from = is_row ? job.x + (part.picture * job.height + row) * job.width * job.channels : nullptr;
    copy_row(job, from, part.column - job.windows.left, width, to + r * width * job.stored_channels());
  }
}

/// The tiles under a run of windows: of one row of the kernel they follow each other, then comes the next row of pixels.
struct WindowTiles {
  const Bfloat16Pair* data;
  int64_t row_stride, second;
  int64_t run;   // tiles of a row of the kernel
  int64_t jump;  // words from a row's end to the next one
  int64_t left = run;

  void advance() {
    data += kTileRows;
    if (--left > 0) return;
    data += jump;
    left = run;
  }
};

/// A part's results as blocks of them are finished.
struct PartResult {
  const Job* job;
  const int64_t* offsets;

  void prefetch(const TiledBlock& block, int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = std::max<int64_t>(0, offsets[block.row + r]) + block.column;
      __builtin_prefetch(job->y + at, 1);
      if (job->residual != nullptr) __builtin_prefetch(job->residual + at);
    }
  }

  void finish(const TiledBlock& block, const float* sums, int64_t begin, int64_t end) const {
    if (block.columns % kLanes != 0) return finish_rows<false>(block, sums, begin, end);
    finish_rows<true>(block, sums, begin, end);
  }

 private:
  template <bool kIsWhole>
  void finish_rows(const TiledBlock& block, const float* sums, int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; ++r) {
      if (offsets[block.row + r] < 0) continue;
      const int64_t at = offsets[block.row + r] + block.column;
      for (int64_t c = 0; c < block.columns; c += kLanes) {
        const int64_t n = kIsWhole ? kLanes : std::min(kLanes, block.columns - c);
        Vector sum = load(sums + r * kTiledBlock + c);
        if (job->bias != nullptr) sum += load_run(job->bias + block.column + c, n);
        if (job->residual != nullptr) sum += load_run(job->residual + at + c, n);
        store_run(job->y + at + c, sum, n);
      }
    }
  }
};

void convolve(const Job& job, const ConvolutionPart& part, const Memory& memory, TileBlocks<PartResult>& blocks) {
  const int64_t words = job.stored_channels() / 2, width = part.columns + job.kernel_width - 1;
  const int64_t positions = (part.rows - 1) * width + part.columns;
  copy_pixels(job, part, width, memory.pixels.get());
  int64_t* offsets = memory.offsets.get();
  for (int64_t p = 0; p < positions; ++p) {
    const int64_t row = p / width, column = p % width;
    const int64_t pixel = (part.picture * job.windows.out_height + part.row + row) * job.windows.out_width;
    offsets[p] = column < part.columns ? (pixel + part.column + column) * job.outputs : -1;
  }
  const auto* pixels = reinterpret_cast<const Bfloat16Pair*>(memory.pixels.get());
  const int64_t run = job.kernel_width * tiles_of(words), depth = job.kernel_height * run;
  for (int64_t column = 0; column < job.outputs; column += kTiledBlock) {
    for (int64_t p = 0; p < positions; p += kTiledBlock) {
      blocks.multiply(
          {&job, offsets},
          {p, std::min(kTiledBlock, positions - p), column, std::min(kTiledBlock, job.outputs - column)},
          WindowTiles{pixels + p * words, words, kTileRows * words, run, (width - job.kernel_width) * words},
          right_tiles(*job.weight, column, 0), depth);
    }
  }
  blocks.finish();
}

/// Few enough rows for the cache, and for all threads to get some.
int64_t most_rows(const Job& job, int64_t pictures, int64_t columns) {
  const int64_t row_bytes = (columns + job.kernel_width - 1) * job.stored_channels() * sizeof(Bfloat16);
  const int64_t rows = kPartBytes / row_bytes - (job.kernel_height - 1);
  return std::max<int64_t>(1, std::min(rows, divided_up(job.windows.out_height * pictures, 2 * num_threads())));
}

}  // namespace

bool has_bfloat16_convolution(const Tensor& x, at::IntArrayRef) { return has_bfloat16_product(x); }

Panels convolution_weight(const Tensor& weight) {
  const int64_t channels = weight.size(2), stored = divided_up(channels, kChannelUnit) * kChannelUnit;
  const Tensor whole = zero_padded(weight.to(at::kBFloat16), {0, 0, 0, stored - channels});
  return panels_of_columns(whole.reshape({-1, weight.size(3)}).contiguous());
}

Tensor bfloat16_convolution(const Tensor& x, const Panels& weight, at::IntArrayRef weight_sizes, const Windows& windows,
                            const ConvolutionAddends& addends) {
  const Tensor images = x.contiguous();
  const Tensor residual = addends.residual.defined() ? addends.residual.contiguous() : Tensor();
  const Tensor bias = addends.bias.defined() ? addends.bias.to(at::kFloat).contiguous() : Tensor();
  const int64_t pictures = images.size(0), outputs = weight_sizes[3];
  const Tensor y = empty_tensor({pictures, windows.out_height, windows.out_width, outputs}, images.scalar_type());
  if (y.numel() == 0) return y;
  const Job job{{data_of<Bfloat16>(images), data_of<Bfloat16>(y), bias.defined() ? data_of<float>(bias) : nullptr,
                 residual.defined() ? data_of<Bfloat16>(residual) : nullptr, &weight, images.size(1), images.size(2),
                 images.size(3), outputs, windows},
                weight_sizes[0],
                weight_sizes[1]};
  const int64_t most_columns = std::min(kMostColumns, windows.out_width);
  const ConvolutionParts parts(windows.out_height, windows.out_width, most_rows(job, pictures, most_columns), most_columns);
  const int64_t width = parts.part_columns() + job.kernel_width - 1;
  const int64_t rows = parts.part_rows() + job.kernel_height - 1;
  // The last block of windows may reach beyond the last one.
  const int64_t pixels = std::max(kKeptPixels, (rows * width + kTiledBlock) * job.stored_channels());
  const int64_t positions = std::max(kKeptPositions, rows * width);
  parallel_for(pictures * parts.per_picture(), 1, [&](int64_t begin, int64_t end) {
    const WholeTiles tiles;
    const Memory& memory = thread_scratch<Memory>(pixels, positions);
    TileBlocks<PartResult> blocks(memory.sums.get());
    for (int64_t index = begin; index < end; ++index) convolve(job, parts.at(index), memory, blocks);
  });
  return y;
}

}  // namespace interfuse

#endif
