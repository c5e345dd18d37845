// Sixteen floats at a time, in GCC's and Clang's portable vector types: on AVX-512 one register, elsewhere several.
// Loads and stores convert from and to bfloat16, so that kernels are written once for both storage types.
#pragma once

#include <cstdint>
#include <cstring>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace interfuse {

constexpr int64_t kLanes = 16;

using Vector = float __attribute__((vector_size(64)));
using IntVector = int32_t __attribute__((vector_size(64)));
using HalfVector = uint16_t __attribute__((vector_size(32)));

/// A bfloat16 as it lies in memory.
struct Bfloat16 {
  uint16_t bits;
};

#define INTERFUSE_INLINE static inline __attribute__((always_inline))

INTERFUSE_INLINE Vector splat(float x) { return x - Vector{}; }

INTERFUSE_INLINE Vector load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

INTERFUSE_INLINE void store(float* to, Vector v) { std::memcpy(to, &v, sizeof v); }

INTERFUSE_INLINE Vector load(const Bfloat16* from) {
  HalfVector half;
  std::memcpy(&half, from, sizeof half);
#ifdef __AVX512F__
  const IntVector bits = (IntVector)_mm512_cvtepu16_epi32((__m256i)half) << 16;  // GCC 12 splits a conversion into four
#else
  const IntVector bits = __builtin_convertvector(half, IntVector) << 16;
#endif
  return (Vector)bits;  // the same bits, as casts between vector types are
}

/// Two bfloat16 that follow each other along the axis over which a product sums, as one 32-bit word.
struct Bfloat16Pair {
  uint32_t bits;
};

/// What products sum over at a time: single floats, or pairs of bfloat16 where the processor multiplies those.
template <typename Element>
struct WordOf;
template <>
struct WordOf<float> {
  using type = float;
};
template <>
struct WordOf<Bfloat16> {
  using type = Bfloat16Pair;
};
template <typename Element>
using Word = typename WordOf<Element>::type;
template <typename Element>
constexpr int64_t kElementsPerWord = sizeof(Word<Element>) / sizeof(Element);

#ifdef __AVX512BF16__
constexpr bool kMultipliesBfloat16 = true;
#else
constexpr bool kMultipliesBfloat16 = false;
#endif

INTERFUSE_INLINE Vector load_words(const float* from) { return load(from); }
INTERFUSE_INLINE Vector load_words(const Bfloat16Pair* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

/// sum + left * right, with one word of the left side for all lanes.
INTERFUSE_INLINE Vector multiply_add(Vector sum, float left, Vector right) { return sum + left * right; }
#ifdef __AVX512BF16__
INTERFUSE_INLINE Vector multiply_add(Vector sum, Bfloat16Pair left, Vector right) {
  return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32(static_cast<int>(left.bits)),
                                  (__m512bh)right);
}
#endif

/// Rounds to nearest, ties to even.
INTERFUSE_INLINE void store(Bfloat16* to, Vector v) {
#ifdef __AVX512BF16__
  const __m256bh half = _mm512_cvtneps_pbh((__m512)v);
  std::memcpy(to, &half, sizeof half);
#else
  using Bits = uint32_t __attribute__((vector_size(64)));
  const Bits bits = (Bits)v;
  const Bits rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  // A NaN whose bits are all ones would be rounded up to zero.
  const HalfVector half = __builtin_convertvector((v == v ? rounded : bits | 0x400000u) >> 16, HalfVector);
  std::memcpy(to, &half, sizeof half);
#endif
}

/// The first `count` lanes from memory, the others zero.
template <typename T>
INTERFUSE_INLINE Vector load_part(const T* from, int64_t count) {
  T padded[kLanes] = {};
  std::memcpy(padded, from, count * sizeof(T));
  return load(padded);
}

template <typename T>
INTERFUSE_INLINE void store_part(T* to, Vector v, int64_t count) {
  T padded[kLanes];
  store(padded, v);
  std::memcpy(to, padded, count * sizeof(T));
}

/// Calls `body(offset, count)` for each run of up to sixteen elements; `count` is a constant in the full ones.
template <typename Body>
INTERFUSE_INLINE void for_each_run(int64_t size, Body body) {
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) body(i, kLanes);
  if (i < size) body(i, size - i);
}

template <typename T>
INTERFUSE_INLINE Vector load_run(const T* from, int64_t count) {
  return count == kLanes ? load(from) : load_part(from, count);
}

template <typename T>
INTERFUSE_INLINE void store_run(T* to, Vector v, int64_t count) {
  if (count == kLanes) {
    store(to, v);
  } else {
    store_part(to, v, count);
  }
}

INTERFUSE_INLINE Vector maximum(Vector a, Vector b) { return a > b ? a : b; }

/// Folds the sixteen lanes pairwise.
template <typename Combine>
INTERFUSE_INLINE float fold(Vector v, Combine combine) {
  using Half = float __attribute__((vector_size(32)));
  using Quarter = float __attribute__((vector_size(16)));
  Half halves[2];
  std::memcpy(halves, &v, sizeof v);
  const Half half = combine(halves[0], halves[1]);
  Quarter quarters[2];
  std::memcpy(quarters, &half, sizeof half);
  const Quarter quarter = combine(quarters[0], quarters[1]);
  const float low = combine(quarter[0], quarter[2]);
  const float high = combine(quarter[1], quarter[3]);
  return combine(low, high);
}

INTERFUSE_INLINE float sum_of(Vector v) {
  return fold(v, [](auto a, auto b) { return a + b; });
}

INTERFUSE_INLINE float maximum_of(Vector v) {
  return fold(v, [](auto a, auto b) { return a > b ? a : b; });
}

/// Polynomial for e^r on [-ln 2 / 2, ln 2 / 2].
INTERFUSE_INLINE Vector exponential_polynomial(Vector r) {
  Vector p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r) + r + 1.0f;
}

/// e^x to about 2 units in the last place; 0 below -87; NaN stays NaN.
INTERFUSE_INLINE Vector exponential(Vector x) {
#ifdef __AVX512F__
  const Vector n =
      (Vector)_mm512_roundscale_ps((__m512)(x * 1.44269504f), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  // Intel's processors take 150 cycles for a result below the normal numbers, which masked scores all have.
  const __mmask16 is_normal = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(-87.0f), _CMP_NLT_UQ);
  return (Vector)_mm512_maskz_scalef_ps(is_normal, (__m512)exponential_polynomial(r), (__m512)n);
#else
  const Vector capped = x > splat(88.0f) ? splat(88.0f) : x;
  const Vector bounded = capped < splat(-87.0f) ? splat(-87.0f) : capped;
  // x = n ln 2 + r; adding and subtracting 1.5 * 2^23 rounds to the nearest integer n.
  const Vector magic = splat(12582912.0f);
  const Vector n = (bounded * 1.44269504f + magic) - magic;
  const Vector r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
  const IntVector exponent = (__builtin_convertvector(n, IntVector) + 127) << 23;
  const Vector scaled = exponential_polynomial(r) * (Vector)exponent;
  return x < splat(-87.0f) ? Vector{} : scaled;
#endif
}

INTERFUSE_INLINE Vector sigmoid_of(Vector x) { return 1.0f / (1.0f + exponential(-x)); }

/// x * sigmoid(x), to about 1e-6 of itself where |x| < 30.
INTERFUSE_INLINE Vector silu_of(Vector x) {
#ifdef __AVX512DQ__
  // e^-x = 2^t; t = n + f with n the nearest integer, and 2^f by the polynomial through its values at Chebyshev's points. Beyond
  // 2^120 the result is as good as 0, and the reciprocal must not be.
  const Vector t = (Vector)_mm512_min_ps(_mm512_set1_ps(120.0f), (__m512)(x * -1.44269504f));
  const Vector f = (Vector)_mm512_reduce_ps((__m512)t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  Vector p = splat(1.33908634e-3f);
  p = p * f + 9.67603192e-3f;
  p = p * f + 5.55035711e-2f;
  p = p * f + 2.40221075e-1f;
  p = p * f + 6.93147188e-1f;
  p = p * f + 1.0f;
  const Vector denominator = 1.0f + (Vector)_mm512_scalef_ps((__m512)p, (__m512)(t - f));
  // An estimate of 14 bits and a step of Newton's method take a third of a division's time.
  const Vector estimate = (Vector)_mm512_rcp14_ps((__m512)denominator);
  return x * (estimate + estimate * (1.0f - denominator * estimate));
#else
  return x * sigmoid_of(x);
#endif
}

INTERFUSE_INLINE Vector square_root(Vector v) {
#ifdef __AVX512F__
  return (Vector)_mm512_sqrt_ps((__m512)v);
#else
  for (int i = 0; i < kLanes; ++i) v[i] = __builtin_sqrtf(v[i]);
  return v;
#endif
}

/// Turns sixteen rows of sixteen floats into columns: four rounds that exchange ever larger halves.
INTERFUSE_INLINE void transpose_block(const float* from, int64_t from_stride, float* to, int64_t to_stride) {
  Vector rows[kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) rows[i] = load(from + i * from_stride);
#pragma GCC unroll 4
  for (int round = 0; round < 4; ++round) {
    const int distance = 1 << round;
    IntVector low, high;
    for (int lane = 0; lane < kLanes; ++lane) {
      low[lane] = lane & distance ? kLanes + lane - distance : lane;
      high[lane] = lane & distance ? kLanes + lane : lane + distance;
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) {
      if (i & distance) continue;
      const Vector a = rows[i];
      const Vector b = rows[i + distance];
      rows[i] = __builtin_shuffle(a, b, low);
      rows[i + distance] = __builtin_shuffle(a, b, high);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) store(to + i * to_stride, rows[i]);
}

/// Two rows as one row of words.
INTERFUSE_INLINE void pair_rows(const Bfloat16* first, const Bfloat16* second, int64_t width, Bfloat16Pair* to) {
  using Bits = uint32_t __attribute__((vector_size(64)));
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    // A float's upper half is the bfloat16.
    const Bits words = (Bits)load(first + i) >> 16 | (Bits)load(second + i);
    std::memcpy(static_cast<void*>(to + i), &words, sizeof words);
  }
  for (; i < width; ++i) to[i].bits = first[i].bits | static_cast<uint32_t>(second[i].bits) << 16;
}

}  // namespace interfuse
