// Convolutions by Winograd's minimal filtering (see `bfloat16_convolution.h`).
#include <algorithm>

#include "block_product.h"
#include "convolution_parts.h"
#include "new_tensor.h"
#include "parallel.h"
#include "scratch.h"
#include "storage.h"

#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)

namespace interfuse {

namespace {

/// Products of two neighbouring outputs: those of differences and sums of four pixels.
constexpr int64_t kProducts = 4;
/// Rows of the result that are computed together: two blocks of a product.
constexpr int64_t kBandRows = 12;
/// The most pairs of outputs of a row that meet a weight before the next one does.
constexpr int64_t kMostPairs = 8;
/// The most pairs times channels: what is made of their pixels stays in the cache.
constexpr int64_t kMostChannels = 512;

/// What the threads share. A part's columns are pairs of pixels.
using Job = ConvolutionData;
using Part = ConvolutionPart;

struct Memory {
  /// Of each pair, product and row, two rows more than of the result: the transformed pixels' channels.
  Scratch<Bfloat16> pixels{kProducts * (kBandRows + 2) * kMostChannels};
  /// Of each product, pair and row: sums for the outputs of one panel.
  Scratch<float> sums{kProducts * kMostPairs * kBandRows * kPanelWidth};
};

/// Lanes of a weight from one product to the next: filled up so that outputs that are computed together lie in one panel.
int64_t whole_lanes(int64_t outputs) {
  return kPanelWidth % outputs == 0 ? outputs : divided_up(outputs, kPanelWidth) * kPanelWidth;
}

/// The four transformed pixels of one pair in one row. `load_at(i, channel)` gives the pixels.
template <typename LoadAt>
INTERFUSE_INLINE void transform_row(LoadAt load_at, int64_t channels, Bfloat16* to, int64_t stride) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    const Vector d0 = load_at(0, c), d1 = load_at(1, c), d2 = load_at(2, c), d3 = load_at(3, c);
    store(to + c, d0 - d2);
    store(to + stride + c, d1 + d2);
    store(to + 2 * stride + c, d2 - d1);
    store(to + 3 * stride + c, d1 - d3);
  }
}

void transform_pixels(const Job& job, const Part& part, Bfloat16* to) {
  const int64_t channels = job.channels, rows = part.rows + 2;
  const int64_t stride = rows * channels;  // from product to product
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t row = part.row + r - job.windows.top;
    const bool is_row = row >= 0 && row < job.height;
    const Bfloat16* from = job.x + (part.picture * job.height + row) * job.width * channels;
    for (int64_t i = 0; i < part.columns; ++i) {
      Bfloat16* pair_to = to + i * kProducts * stride + r * channels;
      const int64_t first = 2 * (part.column + i) - job.windows.left;
      const Bfloat16* pixels = from + first * channels;
      if (is_row && first >= 0 && first + 4 <= job.width) {
        transform_row([=](int64_t j, int64_t c) { return load(pixels + j * channels + c); }, channels, pair_to, stride);
      } else {
        const auto is_pixel = [&](int64_t j) { return is_row && first + j >= 0 && first + j < job.width; };
        transform_row([&](int64_t j, int64_t c) { return is_pixel(j) ? load(pixels + j * channels + c) : Vector{}; },
                      channels, pair_to, stride);
      }
    }
  }
}

/// Puts the outputs of one panel together from the sums of products.
template <bool kHasResidual>
void finish(const Job& job, const Part& part, const float* sums, int64_t first, int64_t lanes) {
  const int64_t outputs = job.outputs;
  const int64_t out_height = job.windows.out_height, out_width = job.windows.out_width;
  const int64_t stride = part.columns * part.rows * lanes;  // from product to product
  for (int64_t r = 0; r < part.rows; ++r) {
    for (int64_t i = 0; i < part.columns; ++i) {
      const int64_t column = 2 * (part.column + i);
      const int64_t at = ((part.picture * out_height + part.row + r) * out_width + column) * outputs + first;
      const bool has_second = column + 1 < out_width;
      const float* from = sums + (i * part.rows + r) * lanes;
      const float* bias = job.bias + first;
      const Bfloat16* residual = kHasResidual ? job.residual + at : nullptr;
      Bfloat16* y = job.y + at;
      for (int64_t c = 0; c < lanes; c += kLanes) {
        const Vector m1 = load(from + stride + c), m2 = load(from + 2 * stride + c), added = load(bias + c);
        Vector even = load(from + c) + (m1 + m2) + added;
        Vector odd = (m1 - m2) - load(from + 3 * stride + c) + added;
        if (kHasResidual) even += load(residual + c);
        store(y + c, even);
        if (!has_second) continue;
        if (kHasResidual) odd += load(residual + outputs + c);
        store(y + outputs + c, odd);
      }
    }
  }
}

/// Asks for memory that is wanted after the products, a share of it with each of them: the next part's pixels, residuals,
/// and where results go. Rows are too far apart for the processor to see it coming; pictures that do not fit its caches
/// take a sixth less time.
INTERFUSE_INLINE void fetch_ahead(const Job& job, const Part& part, int64_t product, int64_t i, int64_t first,
                                 int64_t lanes) {
  constexpr int64_t kLine = 64 / sizeof(Bfloat16);
  const int64_t share = divided_up(part.rows + 2, kProducts);
  for (int64_t r = product * share; r < std::min(part.rows + 2, (product + 1) * share); ++r) {
    const int64_t row = part.picture * job.height + part.row + r - job.windows.top;
    const int64_t column = 2 * (part.column + part.columns + i) + 3 - job.windows.left;
    const Bfloat16* pixels = job.x + (row * job.width + column) * job.channels;
    for (int64_t c = 0; first == 0 && c < 2 * job.channels; c += kLine) __builtin_prefetch(pixels + c, 0, 2);
    if (r >= part.rows) break;
    const int64_t out_row = part.picture * job.windows.out_height + part.row + r;
    const int64_t at = (out_row * job.windows.out_width + 2 * (part.column + i)) * job.outputs + first;
    for (int64_t c = 0; c < lanes; c += kLine) {
      for (const int64_t to : {at + c, at + job.outputs + c}) {
        __builtin_prefetch(job.y + to, 1, 2);
        if (job.residual != nullptr) __builtin_prefetch(job.residual + to, 0, 2);
      }
    }
  }
}

void convolve(const Job& job, const Part& part, const Memory& memory) {
  const Panels& weight = *job.weight;
  const int64_t words = job.channels / 2;
  transform_pixels(job, part, memory.pixels.get());
  const auto* pixels = reinterpret_cast<const Bfloat16Pair*>(memory.pixels.get());
  const auto finishes = job.residual != nullptr ? finish<true> : finish<false>;
  for (int64_t first = 0; first < job.outputs; first += kPanelWidth) {
    const int64_t lanes = std::min(kPanelWidth, job.outputs - first);
    for (int64_t product = 0; product < kProducts; ++product) {
      const int64_t lane = product * whole_lanes(job.outputs) + first;
      const Bfloat16Pair* panel = weight.panel(lane / kPanelWidth) + lane % kPanelWidth;
      for (int64_t i = 0; i < part.columns; ++i) {
        fetch_ahead(job, part, product, i, first, lanes);
        // Three rows of pixels follow each other, as the weights of three rows do.
        const Bfloat16Pair* rows = pixels + (i * kProducts + product) * (part.rows + 2) * words;
        float* sums = memory.sums.get() + (product * part.columns + i) * part.rows * lanes;
        set_product<Bfloat16Pair>({rows, words, 1}, {panel, kPanelWidth}, {sums, lanes}, part.rows, lanes,
                                  weight.steps());
      }
    }
    finishes(job, part, memory.sums.get(), first, lanes);
  }
}

}  // namespace

bool has_bfloat16_convolution(const Tensor& x, at::IntArrayRef sizes) {
  return has_bfloat16_product(x) && sizes[0] == 3 && sizes[1] == 3 && sizes[2] >= 2 * kLanes && sizes[2] <= kMostChannels &&
         sizes[2] % kLanes == 0 && sizes[3] >= 2 * kLanes && sizes[3] % kLanes == 0;
}

Panels convolution_weight(const Tensor& weight) {
  const Tensor left = widened(weight.select(1, 0)), middle = widened(weight.select(1, 1)),
               right = widened(weight.select(1, 2));
  const Tensor sum = left.add(right);
  const int64_t channels = weight.size(2), outputs = weight.size(3), lanes = whole_lanes(outputs);
  const Tensor transformed = zero_tensor({3, channels, kProducts, lanes}, at::kBFloat16);
  const Tensor of_product[kProducts] = {left, sum.add(middle).mul(0.5), sum.sub(middle).mul(0.5), right};
  for (int64_t i = 0; i < kProducts; ++i) transformed.select(2, i).narrow(2, 0, outputs).copy_(of_product[i]);
  return panels_of_columns(transformed.view({3 * channels, kProducts * lanes}));
}

Tensor bfloat16_convolution(const Tensor& x, const Panels& weight, at::IntArrayRef weight_sizes, const Windows& windows,
                            const ConvolutionAddends& addends) {
  const Tensor images = x.contiguous();
  const Tensor residual = addends.residual.defined() ? addends.residual.contiguous() : Tensor();
  const int64_t channels = images.size(3), outputs = weight_sizes[3];
  const Tensor bias = addends.bias.defined() ? addends.bias.to(at::kFloat).contiguous() : zero_tensor({outputs}, at::kFloat);
  const Tensor y = empty_tensor({images.size(0), windows.out_height, windows.out_width, outputs}, images.scalar_type());
  if (y.numel() == 0) return y;
  const ConvolutionParts parts(windows.out_height, divided_up(windows.out_width, 2), kBandRows,
                               std::min(kMostPairs, kMostChannels / channels));
  const Job job{data_of<Bfloat16>(images), data_of<Bfloat16>(y), data_of<float>(bias),
                residual.defined() ? data_of<Bfloat16>(residual) : nullptr, &weight,
                images.size(1), images.size(2), channels, outputs, windows};
  parallel_for(images.size(0) * parts.per_picture(), 1, [&](int64_t begin, int64_t end) {
    const Memory& memory = thread_scratch<Memory>();
    for (int64_t index = begin; index < end; ++index) convolve(job, parts.at(index), memory);
  });
  return y;
}

}  // namespace interfuse

#endif
