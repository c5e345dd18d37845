#include "random_numbers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

constexpr int64_t kWords = 4;    // 32-bit numbers in a block
constexpr int64_t kBlocks = 64;  // made side by side
constexpr int kRounds = 10;

using Lane = uint32_t[kBlocks];

struct Run {
  uint32_t key[2], stream[2];
  uint64_t position;
  int64_t count;
  /// Where its numbers go.
  int64_t offset;
};

/// Philox4x32-10 (Salmon et al., SC 2011): blocks from `first` on, word by word.
void philox(const Run& run, uint64_t first, Lane (&words)[kWords]) {
  for (int64_t i = 0; i < kBlocks; ++i) {
    words[0][i] = static_cast<uint32_t>(first + i);
    words[1][i] = static_cast<uint32_t>((first + i) >> 32);
    words[2][i] = run.stream[0];
    words[3][i] = run.stream[1];
  }
  uint32_t key0 = run.key[0], key1 = run.key[1];
  for (int round = 0; round < kRounds; ++round, key0 += 0x9e3779b9, key1 += 0xbb67ae85) {
    for (int64_t i = 0; i < kBlocks; ++i) {
      const uint64_t product0 = uint64_t{0xd2511f53} * words[0][i];
      const uint64_t product1 = uint64_t{0xcd9e8d57} * words[2][i];
      words[0][i] = static_cast<uint32_t>(product1 >> 32) ^ words[1][i] ^ key0;
      words[1][i] = static_cast<uint32_t>(product1);
      words[2][i] = static_cast<uint32_t>(product0 >> 32) ^ words[3][i] ^ key1;
      words[3][i] = static_cast<uint32_t>(product0);
    }
  }
}

template <size_t size>
double polynomial(const double (&coefficients)[size], double x) {
  double sum = 0;
  for (const double coefficient : coefficients) sum = sum * x + coefficient;
  return sum;
}

/// The normal number with probability (bits + 1/2) / 2^32 below it: algorithm AS 241, PPND16 (Wichura, Applied Statistics 37,
/// 1988).
float normal_quantile(uint32_t bits) {
  const double q = (bits - 2147483647.5) * 0x1p-32;
  if (std::fabs(q) <= 0.425) {
    const double above[] = {2509.0809287301227, 33430.57558358813,  67265.7709270087,   45921.95393154987,
                            13731.693765509461, 1971.5909503065513, 133.14166789178438, 3.3871328727963665};
    const double below[] = {5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597,
                            5394.196021424751, 687.1870074920579,  42.31333070160091, 1};
    const double r = 0.180625 - q * q;
    return static_cast<float>(q * polynomial(above, r) / polynomial(below, r));
  }
  const double above[] = {7.745450142783414e-4, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
                          3.6478483247632045,   5.769497221460691,    4.630337846156546,  1.4234371107496835};
  const double below[] = {1.0507500716444169e-9, 5.475938084995345e-4, 0.015198666563616457, 0.14810397642748008,
                          0.6897673349851,       1.6763848301838038,   2.053191626637759,    1};
  const double r = std::sqrt(-std::log(0.5 - std::fabs(q))) - 1.6;
  return static_cast<float>(std::copysign(polynomial(above, r) / polynomial(below, r), q));
}

/// Numbers [begin, end) of a run.
void write_normals(const Run& run, int64_t begin, int64_t end, float* to) {
  Lane words[kWords];
  while (begin < end) {
    const uint64_t position = run.position + begin;
    const uint64_t first = position / kWords;
    const int64_t skip = position % kWords;
    const int64_t count = std::min(end - begin, kBlocks * kWords - skip);
    philox(run, first, words);
    for (int64_t i = skip; i < skip + count; ++i) *to++ = normal_quantile(words[i % kWords][i / kWords]);
    begin += count;
  }
}

std::vector<Run> read_runs(Int32Span span) {
  const auto word = [&](int64_t i) { return static_cast<uint32_t>(span.data[i]); };
  std::vector<Run> runs;
  int64_t offset = 0;
  for (int64_t i = 0; i < span.size; i += kRunSize) {
    const int64_t count = span.data[i + 6];
    TORCH_CHECK(count >= 0, "run ", i / kRunSize, " has ", count, " numbers; give none or more");
    runs.push_back({{word(i), word(i + 1)},
                    {word(i + 2), word(i + 3)},
                    uint64_t{word(i + 5)} << 32 | word(i + 4),
                    count,
                    offset});
    offset += count;
  }
  return runs;
}

}  // namespace

Tensor normal(Int32Span span) {
  TORCH_CHECK(span.size % kRunSize == 0, "runs are ", kRunSize, " integers each, not ", span.size, " in all");
  const std::vector<Run> runs = read_runs(span);
  const int64_t total = runs.empty() ? 0 : runs.back().offset + runs.back().count;
  const Tensor numbers = empty_tensor({total}, at::kFloat);
  float* to = data_of<float>(numbers);
  parallel_for(total, kBlocks * kWords * 8, [&](int64_t begin, int64_t end) {
    const auto is_past = [](int64_t at, const Run& run) { return at < run.offset + run.count; };
    for (auto run = std::upper_bound(runs.begin(), runs.end(), begin, is_past); begin < end; ++run) {
      const int64_t stop = std::min(end, run->offset + run->count);
      write_normals(*run, begin - run->offset, stop - run->offset, to + begin);
      begin = stop;
    }
  });
  return numbers;
}

}  // namespace interfuse
