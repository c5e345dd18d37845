// Gradients of convolutions' weights on the matrix unit. The sum runs over windows, so gradients become rows of windows, and
// pixels words of neighbouring pairs, once for all taps of the kernel: under another tap the words begin a few pairs later.
// There are two kinds of pairs, those that begin with the first pixel and with the second.

#include <algorithm>
#include <numeric>

#include "bfloat16_convolution.h"
#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"
#include "tiles.h"

#ifdef __AMX_BF16__

namespace interfuse {

namespace {

/// Values of pictures and gradients that are packed at a time, and the fewest rows of a picture of them.
constexpr int64_t kPackedValues = 1 << 20;
constexpr int64_t kFewestRows = 8;
/// Tiles of windows that all taps are multiplied by before the next ones: they stay in the cache of a processor core.
constexpr int64_t kRunTiles = 12;
/// Windows of a tile.
constexpr int64_t kTileWindows = 2 * kTileRows;

struct Job {
  const Bfloat16* dy;  // [B, out_height, out_width, outputs]
  const Bfloat16* x;   // [B, height, width, channels]
  int64_t pictures, out_height, out_width, outputs, height, width, channels, kernel_height, kernel_width;
  Windows windows;

  /// Pixels of a row under all windows of a row.
  int64_t row_pixels() const { return out_width + kernel_width - 1; }
  /// Pixels from a window to that under a tap of the kernel.
  int64_t shift(int64_t tap) const { return tap / kernel_width * row_pixels() + tap % kernel_width; }
  int64_t taps() const { return kernel_height * kernel_width; }
  /// To that under the last one.
  int64_t reach() const { return shift(taps() - 1); }
};

/// As many windows as fill tiles.
int64_t whole_tiles(int64_t windows) { return divided_up(windows, kTileWindows) * kTileWindows; }

/// Where pixels lie, in the order in which they are packed; zeros where there are none.
using Pixels = std::vector<const Bfloat16*>;

/// Bands of pictures that are packed together: each as rows of `row_pixels`, as many as are under its windows.
struct Chunk {
  Pixels dy, x;
};

/// The bands of all pictures.
struct Bands {
  int64_t per_picture, rows, per_chunk;

  explicit Bands(const Job& job) {
    const int64_t most = kPackedValues / (job.row_pixels() * (job.channels + job.outputs)) - (job.kernel_height - 1);
    per_picture = divided_up(job.out_height, std::max(kFewestRows, most));
    rows = divided_up(job.out_height, per_picture);
    per_chunk = std::max<int64_t>(1, (most + job.kernel_height - 1) / (rows + job.kernel_height - 1));
  }

  /// Pixels that one takes.
  int64_t pixels(const Job& job) const { return (rows + job.kernel_height - 1) * job.row_pixels(); }
};

/// Bands [first, last) of `job`.
Chunk chunk_of(const Job& job, const Bands& bands, int64_t first, int64_t last, const Bfloat16* zeros) {
  const int64_t width = job.row_pixels();
  const int64_t band_pixels = bands.pixels(job);
  const int64_t windows = whole_tiles((last - first) * band_pixels);
  Chunk chunk{Pixels(windows, zeros), Pixels(windows + whole_tiles(job.reach()), zeros)};
  for (int64_t band = first; band < last; ++band) {
    const int64_t picture = band / bands.per_picture, start = band % bands.per_picture * bands.rows;
    const int64_t rows = std::min(bands.rows, job.out_height - start);
    for (int64_t r = 0; r < rows + job.kernel_height - 1; ++r) {
      const int64_t at = (band - first) * band_pixels + r * width;
      if (r < rows) {
        const Bfloat16* from = job.dy + ((picture * job.out_height + start + r) * job.out_width) * job.outputs;
        for (int64_t c = 0; c < job.out_width; ++c) chunk.dy[at + c] = from + c * job.outputs;
      }
      const int64_t row = start + r - job.windows.top;
      if (row < 0 || row >= job.height) continue;
      const Bfloat16* from = job.x + (picture * job.height + row) * job.width * job.channels;
      for (int64_t c = 0; c < width; ++c) {
        const int64_t column = c - job.windows.left;
        if (column >= 0 && column < job.width) chunk.x[at + c] = from + column * job.channels;
      }
    }
  }
  return chunk;
}

/// Words of pairs of pixels, of which the first begins with pixel `first`: [panel][pair][lane] with sixteen values a panel, a
/// right operand. Beyond the last pixel are zeros.
void pack_pairs(const Pixels& pixels, int64_t first, int64_t values, const Bfloat16* zeros, Bfloat16Pair* to) {
  const int64_t count = pixels.size(), pairs = count / 2, panels = divided_up(values, kPanelWidth);
  parallel_for(pairs, 256, [&](int64_t begin, int64_t end) {
    for (int64_t pair = begin; pair < end; ++pair) {
      const Bfloat16* left = pixels[2 * pair + first];
      const Bfloat16* right = 2 * pair + first + 1 < count ? pixels[2 * pair + first + 1] : zeros;
      for (int64_t p = 0; p < panels; ++p) {
        const int64_t lanes = std::min(kPanelWidth, values - p * kPanelWidth);
        Bfloat16Pair* row = to + (p * pairs + pair) * kPanelWidth;
        pair_rows(left + p * kPanelWidth, right + p * kPanelWidth, lanes, row);
        std::fill(row + lanes, row + kPanelWidth, Bfloat16Pair{0});
      }
    }
  });
}

/// Rows of one value of all pixels, `stride` words apart; as many rows as fill tiles.
void pack_rows(const Pixels& pixels, int64_t values, Bfloat16Pair* to, int64_t stride) {
  parallel_for(pixels.size() / kTileWindows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t tile = begin; tile < end; ++tile) {
      const Bfloat16* const* from = pixels.data() + tile * kTileWindows;
      for (int64_t value = 0; value < values; value += kTileRows) {
        tile_of_columns([&](int64_t pixel) { return from[pixel] + value; }, std::min(kTileRows, values - value),
                        to + value * stride + tile * kTileRows, stride);
      }
    }
  });
}

/// The kernel's taps; those that read the same kind of pairs follow each other.
std::vector<int64_t> taps_by_pairs(const Job& job) {
  std::vector<int64_t> taps(job.taps());
  std::iota(taps.begin(), taps.end(), int64_t{0});
  std::stable_partition(taps.begin(), taps.end(), [&](int64_t tap) { return job.shift(tap) % 2 == 0; });
  return taps;
}

/// Packed operands of a chunk.
struct Memory {
  Bfloat16Pair *rows, *even_pairs, *odd_pairs;
};

/// Adds the products of a chunk to sums [taps, outputs, channels], both filled up to whole tiles.
void add_products(const Job& job, const Chunk& chunk, const Bfloat16* zeros, const Memory& memory, const Tensor& sums) {
  const int64_t depth = chunk.dy.size() / kTileWindows, pairs = chunk.x.size() / 2;
  // An odd number of cache lines: rows of a power of two bytes would all share a few places of the cache.
  const int64_t stride = (depth | 1) * kTileRows;
  pack_rows(chunk.dy, job.outputs, memory.rows, stride);
  pack_pairs(chunk.x, 0, job.channels, zeros, memory.even_pairs);
  pack_pairs(chunk.x, 1, job.channels, zeros, memory.odd_pairs);
  const int64_t outputs = sums.size(1), channels = sums.size(2);
  const int64_t output_blocks = divided_up(outputs, kTiledBlock), channel_blocks = divided_up(channels, kTiledBlock);
  const std::vector<int64_t> taps = taps_by_pairs(job);
  parallel_for(output_blocks * channel_blocks * job.taps(), 1, [&](int64_t begin, int64_t end) {
    const WholeTiles tiles;
    for (int64_t tile = 0; tile < depth; tile += kRunTiles) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t tap = taps[item % job.taps()], block = item / job.taps();
        const int64_t output = block / channel_blocks * kTiledBlock, channel = block % channel_blocks * kTiledBlock;
        const int64_t shift = job.shift(tap);
        const Bfloat16Pair* words = shift % 2 == 0 ? memory.even_pairs : memory.odd_pairs;
        const TileRow left{memory.rows + output * stride + tile * kTileRows, stride, kTileRows, kTileRows * stride};
        const TileRow right{words + (channel / kPanelWidth * pairs + tile * kTileRows + shift / 2) * kPanelWidth, kTileRows,
                            kTileWords, pairs * kPanelWidth};
        tile_product<true>(std::min(kTiledBlock, outputs - output), std::min(kTiledBlock, channels - channel), left, right,
                           std::min(kRunTiles, depth - tile),
                           data_of<float>(sums) + (tap * outputs + output) * channels + channel, channels, [](int64_t) {});
      }
    }
  });
}

}  // namespace

Tensor bfloat16_convolution_grad_weight(const Tensor& dy, const Tensor& x, at::IntArrayRef weight_sizes,
                                        const Windows& windows) {
  const Tensor gradient = dy.contiguous(), images = x.contiguous();
  const Job job{data_of<Bfloat16>(gradient), data_of<Bfloat16>(images), images.size(0), gradient.size(1), gradient.size(2),
                gradient.size(3), images.size(1), images.size(2), images.size(3), weight_sizes[0], weight_sizes[1], windows};
  const int64_t channels = tiles_of(job.channels) * kTileRows, outputs = tiles_of(job.outputs) * kTileRows;
  const Tensor sums = zero_tensor({job.taps(), outputs, channels}, at::kFloat);
  if (gradient.numel() > 0) {
    const Bands bands(job);
    const int64_t count = job.pictures * bands.per_picture;
    const std::vector<Bfloat16> zeros(std::max(channels, outputs), Bfloat16{0});
    const int64_t most_windows = whole_tiles(std::min(count, bands.per_chunk) * bands.pixels(job)) + kTileWindows;
    const int64_t most_pixels = most_windows + whole_tiles(job.reach());
    const Tensor words = empty_tensor({(outputs * most_windows + 2 * channels * most_pixels) / 2}, at::kInt);
    auto* rows = static_cast<Bfloat16Pair*>(words.data_ptr());
    auto* pairs = rows + outputs * most_windows / 2;
    for (int64_t band = 0; band < count; band += bands.per_chunk) {
      const Chunk chunk = chunk_of(job, bands, band, std::min(count, band + bands.per_chunk), zeros.data());
      add_products(job, chunk, zeros.data(), {rows, pairs, pairs + channels * most_pixels / 2}, sums);
    }
  }
  return sums.narrow(2, 0, job.channels).narrow(1, 0, job.outputs).transpose(1, 2).reshape(weight_sizes);
}

}  // namespace interfuse

#endif
