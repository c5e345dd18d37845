#include "bfloat16_product.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "parallel.h"
#include "storage.h"

#ifdef __AMX_BF16__
// MKL's product where libtorch has MKL: it uses the matrix unit, which is several times faster than dot products.
extern "C" __attribute__((weak)) void cblas_gemm_bf16bf16f32(int layout, int transpose_a, int transpose_b, int rows,
                                                             int columns, int depth, float alpha, const void* a,
                                                             int a_stride, const void* b, int b_stride, float beta,
                                                             float* c, int c_stride);
#endif

namespace interfuse {

namespace {

/// Rows of x times rows of weight, both as pairs of neighbouring bfloat16 values: what one instruction multiplies.
struct Pairs {
  const uint32_t* x;       // [rows, pairs]
  const uint32_t* weight;  // [outputs, pairs]
  const float* bias;       // [outputs], or null
  float* y;                // [rows, outputs]
  int64_t rows, outputs, pairs;
};

#ifdef __AVX512BF16__

constexpr int kBlockRows = 6;  // rows times vectors, plus one row of the panel, fill 32 registers
constexpr int kBlockVectors = 4;
constexpr int64_t kPanelOutputs = kBlockVectors * kLanes;
/// Below this many rows, repacking the weight costs more than it gains.
constexpr int64_t kFewRows = 6;

INTERFUSE_INLINE Vector add_pairs(Vector sums, __m512i a, __m512i b) {
  return (Vector)_mm512_dpbf16_ps((__m512)sums, (__m512bh)a, (__m512bh)b);
}

/// Up to 64 outputs as [pairs][64]; lanes without an output are zero.
void pack_panel(const Pairs& in, int64_t first, uint32_t* panel) {
  const int64_t outputs = std::min(kPanelOutputs, in.outputs - first);
  const uint32_t* from = in.weight + first * in.pairs;
  if (outputs < kPanelOutputs) std::fill_n(panel, in.pairs * kPanelOutputs, 0u);
  for (int64_t o = 0; o < outputs; o += kLanes) {
    int64_t pair = 0;
    if (o + kLanes <= outputs) {
      for (; pair + kLanes <= in.pairs; pair += kLanes) {
        // Moved as floats, the bits stay what they are.
        transpose_block(reinterpret_cast<const float*>(from + o * in.pairs + pair), in.pairs,
                        reinterpret_cast<float*>(panel + pair * kPanelOutputs + o), kPanelOutputs);
      }
    }
    for (; pair < in.pairs; ++pair) {
      for (int64_t i = o; i < std::min(o + kLanes, outputs); ++i) {
        panel[pair * kPanelOutputs + i] = from[i * in.pairs + pair];
      }
    }
  }
}

/// The results of `Rows` rows and up to 64 outputs, held in registers over all pairs.
template <int Rows, int Vectors>
void panel_block(const Pairs& in, int64_t row, int64_t first, const uint32_t* panel, const float* bias) {
  Vector sums[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[r][v] = load(bias + v * kLanes);
  }
  const uint32_t* x = in.x + row * in.pairs;
  for (int64_t pair = 0; pair < in.pairs; ++pair) {
    __m512i right[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) right[v] = _mm512_loadu_si512(panel + pair * kPanelOutputs + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const __m512i left = _mm512_set1_epi32(static_cast<int>(x[r * in.pairs + pair]));
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[r][v] = add_pairs(sums[r][v], left, right[v]);
    }
  }
  const int64_t outputs = std::min(kPanelOutputs, in.outputs - first);
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
    float* y = in.y + (row + r) * in.outputs + first;
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) store_run(y + v * kLanes, sums[r][v], std::min(kLanes, outputs - v * kLanes));
  }
}

template <int Vectors>
void panel_rows(const Pairs& in, int64_t row, int64_t count, int64_t first, const uint32_t* panel, const float* bias) {
  switch (count) {
    case 1:
      return panel_block<1, Vectors>(in, row, first, panel, bias);
    case 2:
      return panel_block<2, Vectors>(in, row, first, panel, bias);
    case 3:
      return panel_block<3, Vectors>(in, row, first, panel, bias);
    case 4:
      return panel_block<4, Vectors>(in, row, first, panel, bias);
    case 5:
      return panel_block<5, Vectors>(in, row, first, panel, bias);
    default:
      return panel_block<6, Vectors>(in, row, first, panel, bias);
  }
}

/// Rows [begin, end) of one panel.
void multiply_panel(const Pairs& in, int64_t begin, int64_t end, int64_t first, const uint32_t* panel) {
  const int64_t outputs = std::min(kPanelOutputs, in.outputs - first);
  alignas(64) float bias[kPanelOutputs] = {};
  if (in.bias != nullptr) std::copy_n(in.bias + first, outputs, bias);
  for (int64_t row = begin; row < end; row += kBlockRows) {
    const int64_t count = std::min<int64_t>(kBlockRows, end - row);
    switch ((outputs + kLanes - 1) / kLanes) {
      case 1:
        panel_rows<1>(in, row, count, first, panel, bias);
        break;
      case 2:
        panel_rows<2>(in, row, count, first, panel, bias);
        break;
      case 3:
        panel_rows<3>(in, row, count, first, panel, bias);
        break;
      default:
        panel_rows<4>(in, row, count, first, panel, bias);
        break;
    }
  }
}

void multiply_many_rows(const Pairs& in) {
  const int64_t panels = (in.outputs + kPanelOutputs - 1) / kPanelOutputs;
  const Tensor packed = at::empty({panels, in.pairs, kPanelOutputs}, at::kInt);
  auto* memory = static_cast<uint32_t*>(packed.data_ptr());
  const int64_t panel_size = in.pairs * kPanelOutputs;
  parallel_for(panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel)
      pack_panel(in, panel * kPanelOutputs, memory + panel * panel_size);
  });
  // A run of rows stays in the cache while it meets every panel.
  const int64_t run = kBlockRows * 16;
  const int64_t runs = (in.rows + run - 1) / run;
  parallel_for(runs * panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t row = item / panels * run;
      const int64_t panel = item % panels;
      multiply_panel(in, row, std::min(row + run, in.rows), panel * kPanelOutputs, memory + panel * panel_size);
    }
  });
}

/// `Rows` rows of x by `Outputs` rows of the weight, as dot products of memory as it lies.
template <int Rows, int Outputs>
void dot_block(const Pairs& in, int64_t row, int64_t output) {
  Vector sums[Rows][Outputs] = {};
  for (int64_t pair = 0; pair < in.pairs; pair += kLanes) {
    const auto mask = static_cast<__mmask16>(pair + kLanes <= in.pairs ? 0xffff : (1 << (in.pairs - pair)) - 1);
    __m512i right[Outputs];
#pragma GCC unroll 4
    for (int o = 0; o < Outputs; ++o)
      right[o] = _mm512_maskz_loadu_epi32(mask, in.weight + (output + o) * in.pairs + pair);
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) {
      const __m512i left = _mm512_maskz_loadu_epi32(mask, in.x + (row + r) * in.pairs + pair);
#pragma GCC unroll 4
      for (int o = 0; o < Outputs; ++o) sums[r][o] = add_pairs(sums[r][o], left, right[o]);
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int o = 0; o < Outputs; ++o) {
      const float added = in.bias == nullptr ? 0.0f : in.bias[output + o];
      in.y[(row + r) * in.outputs + output + o] = sum_of(sums[r][o]) + added;
    }
  }
}

template <int Outputs>
void dot_rows(const Pairs& in, int64_t output) {
  int64_t row = 0;
  for (; row + 4 <= in.rows; row += 4) dot_block<4, Outputs>(in, row, output);
  for (; row < in.rows; ++row) dot_block<1, Outputs>(in, row, output);
}

void multiply_few_rows(const Pairs& in) {
  constexpr int64_t kGrainPairs = 1 << 14;
  const int64_t grain = std::max<int64_t>(4, kGrainPairs / std::max<int64_t>(1, in.pairs * in.rows));
  parallel_for(in.outputs, grain, [&](int64_t begin, int64_t end) {
    int64_t output = begin;
    for (; output + 4 <= end; output += 4) dot_rows<4>(in, output);
    for (; output < end; ++output) dot_rows<1>(in, output);
  });
}

#endif

#ifdef __AMX_BF16__

bool has_matrix_unit_product() { return cblas_gemm_bf16bf16f32 != nullptr; }

void multiply_with_matrix_unit(const Pairs& in) {
  constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
  const auto depth = static_cast<int>(2 * in.pairs);
  const auto outputs = static_cast<int>(in.outputs);
  if (in.bias != nullptr) {
    for (int64_t row = 0; row < in.rows; ++row) std::copy_n(in.bias, outputs, in.y + row * outputs);
  }
  cblas_gemm_bf16bf16f32(kRowMajor, kPlain, kTransposed, static_cast<int>(in.rows), outputs, depth, 1.0f, in.x, depth,
                         in.weight, depth, in.bias == nullptr ? 0.0f : 1.0f, in.y, outputs);
}

#endif

void multiply(const Pairs& in) {
#ifdef __AMX_BF16__
  const bool is_empty = in.rows == 0 || in.outputs == 0 || in.pairs == 0;  // which MKL refuses
  if (has_matrix_unit_product() && !is_empty) return multiply_with_matrix_unit(in);
#endif
#ifdef __AVX512BF16__
  if (in.rows < kFewRows) {
    multiply_few_rows(in);
  } else {
    multiply_many_rows(in);
  }
#else
  TORCH_CHECK(false, "this processor has no bfloat16 products");
#endif
}

/// As contiguous rows of an even length.
Tensor paired(const Tensor& matrix) {
  const Tensor rows = matrix.size(-1) % 2 == 0 ? matrix : at::constant_pad_nd(matrix, {0, 1}, 0);
  return rows.contiguous();
}

const uint32_t* pairs_of(const Tensor& matrix) { return reinterpret_cast<const uint32_t*>(data_of<Bfloat16>(matrix)); }

}  // namespace

bool has_bfloat16_product() {
#ifdef __AVX512BF16__
  return true;
#else
  return false;
#endif
}

Tensor bfloat16_product(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
  const Tensor left = paired(x);
  const Tensor right = paired(weight);
  const Tensor added = bias ? bias->contiguous() : Tensor();
  Ints sizes(x.sizes().begin(), x.sizes().end());
  sizes.back() = weight.size(0);
  const Tensor y = at::empty(sizes, at::kFloat);
  const int64_t pairs = right.size(1) / 2;
  const int64_t rows = y.numel() / std::max<int64_t>(1, weight.size(0));
  multiply({pairs_of(left), pairs_of(right), bias ? data_of<float>(added) : nullptr,
            data_of<float>(y), rows, weight.size(0), pairs});
  return y;
}

}  // namespace interfuse
