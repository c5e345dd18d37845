#include "bfloat16_few_rows.h"

#include <algorithm>

#include "parallel.h"

#ifdef __AVX512BF16__

namespace interfuse {

namespace {

struct Operands {
  const Bfloat16Pair* x;
  const Bfloat16Pair* weight;
  float* sums;
  int64_t rows, outputs, pairs;
};

/// `Rows` rows of x by `Outputs` rows of the weight, as dot products of memory as it lies.
template <int Rows, int Outputs>
void dot_block(const Operands& in, int64_t row, int64_t output) {
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
      for (int o = 0; o < Outputs; ++o)
        sums[r][o] = (Vector)_mm512_dpbf16_ps((__m512)sums[r][o], (__m512bh)left, (__m512bh)right[o]);
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int o = 0; o < Outputs; ++o) in.sums[(row + r) * in.outputs + output + o] = sum_of(sums[r][o]);
  }
}

template <int Outputs>
void dot_rows(const Operands& in, int64_t output) {
  int64_t row = 0;
  for (; row + 4 <= in.rows; row += 4) dot_block<4, Outputs>(in, row, output);
  for (; row < in.rows; ++row) dot_block<1, Outputs>(in, row, output);
}

}  // namespace

void few_rows_product(const Bfloat16Pair* x, const Bfloat16Pair* weight, float* sums, int64_t rows, int64_t outputs,
                      int64_t pairs) {
  constexpr int64_t kGrainPairs = 1 << 14;
  const Operands in{x, weight, sums, rows, outputs, pairs};
  const int64_t grain = std::max<int64_t>(4, kGrainPairs / std::max<int64_t>(1, pairs * rows));
  parallel_for(outputs, grain, [&](int64_t begin, int64_t end) {
    int64_t output = begin;
    for (; output + 4 <= end; output += 4) dot_rows<4>(in, output);
    for (; output < end; ++output) dot_rows<1>(in, output);
  });
}

}  // namespace interfuse

#endif
