// A program without libtorch or Node that compares compute/vector.h with plain arithmetic: vector.test.ts compiles and runs it
// for several instruction sets. Prints what is wrong, one line each; nothing when all is right.
#include "../compute/vector.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <limits>

using namespace interfuse;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Some numbers of every magnitude, the same at every run.
float number(uint32_t index) {
  const uint32_t bits = index * 2654435761u;
  return std::ldexp(static_cast<float>(bits >> 8) / (1 << 24) - 0.5f, static_cast<int>(bits % 40) - 20);
}

bool is_close(float actual, double expected, double tolerance) {
  if (std::isnan(expected)) return std::isnan(actual);
  return std::abs(actual - expected) <= tolerance * std::abs(expected) + 1e-38;
}

/// Compares a function of sixteen floats with one of a single double, at `count` points from `low` to `high` and at NaN.
template <typename Function, typename Reference>
void check(const char* name, Function function, Reference reference, float low, float high, double tolerance) {
  constexpr int kCount = 4096;
  for (int i = 0; i <= kCount; i += kLanes) {
    float x[kLanes], y[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) x[lane] = low + (high - low) * (i + lane) / kCount;
    if (i == kCount) x[3] = kNaN;
    store(y, function(load(x)));
    for (int lane = 0; lane < kLanes && i + lane <= kCount; ++lane) {
      if (!is_close(y[lane], reference(x[lane]), tolerance)) std::printf("%s(%g) = %g\n", name, x[lane], y[lane]);
    }
    if (i == kCount && !std::isnan(y[3])) std::printf("%s(NaN) = %g\n", name, y[3]);
  }
}

/// To nearest, ties to even, by the bits of one number.
uint16_t rounded_bits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void check_bfloat16() {
  for (uint32_t i = 0; i < 4096; i += kLanes) {
    float x[kLanes], back[kLanes];
    Bfloat16 half[kLanes];
    // Every other one is a tie.
    for (uint32_t lane = 0; lane < kLanes; ++lane) x[lane] = lane % 2 == 0 ? number(i + lane) : 1.0f + (2 * i + lane) / 256.0f;
    store(half, load(x));
    store(back, load(half));
    for (int lane = 0; lane < kLanes; ++lane) {
      const uint32_t widened = static_cast<uint32_t>(rounded_bits(x[lane])) << 16;
      if (half[lane].bits != rounded_bits(x[lane])) std::printf("bfloat16 of %.9g is %x\n", x[lane], half[lane].bits);
      if (std::memcmp(&widened, &back[lane], sizeof widened) != 0) std::printf("bfloat16 %x is read as %g\n", half[lane].bits, back[lane]);
    }
  }
  for (const uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7fffffffu, 0xffffffffu, 0x7f800001u}) {
    float nan, back[kLanes];
    Bfloat16 half[kLanes];
    std::memcpy(&nan, &bits, sizeof nan);
    store(half, splat(nan));
    store(back, load(half));
    if (!std::isnan(back[0])) std::printf("bfloat16 of the NaN %x is %x\n", bits, half[0].bits);
  }
}

void check_folds() {
  float x[kLanes];
  double sum = 0;
  float most = -1e30f;
  for (int lane = 0; lane < kLanes; ++lane) {
    x[lane] = number(lane + 7);
    sum += x[lane];
    most = std::max(most, x[lane]);
  }
  if (!is_close(sum_of(load(x)), sum, 1e-5)) std::printf("sum_of: %g, not %g\n", sum_of(load(x)), sum);
  if (maximum_of(load(x)) != most) std::printf("maximum_of: %g, not %g\n", maximum_of(load(x)), most);
}

void check_parts() {
  float from[kLanes], to[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) from[lane] = static_cast<float>(lane + 1);
  for (int64_t count = 1; count <= kLanes; ++count) {
    for (float& value : to) value = -1;
    store_run(to, load_run(from, count), count);
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      if (to[lane] != (lane < count ? from[lane] : -1)) std::printf("a run of %d: place %d\n", (int)count, (int)lane);
    }
  }
}

void check_transpose() {
  float from[kLanes * kLanes], to[kLanes * kLanes];
  for (int i = 0; i < kLanes * kLanes; ++i) from[i] = static_cast<float>(i);
  transpose_block(from, kLanes, to, kLanes);
  for (int i = 0; i < kLanes * kLanes; ++i) {
    if (to[i] != from[i % kLanes * kLanes + i / kLanes]) std::printf("transpose_block: place %d\n", i);
  }
}

}  // namespace

int main() {
  check("exponential", exponential, [](double x) { return std::exp(x); }, -86.0f, 88.0f, 3e-7);
  check("sigmoid_of", sigmoid_of, [](double x) { return 1 / (1 + std::exp(-x)); }, -80.0f, 80.0f, 5e-7);
  check("square_root", square_root, [](double x) { return std::sqrt(x); }, 0.0f, 1e6f, 1e-7);
  const Vector hidden = exponential(splat(-1e30f));
  if (hidden[0] != 0) std::printf("exponential(-1e30) = %g\n", hidden[0]);
  check_bfloat16();
  check_folds();
  check_parts();
  check_transpose();
}
