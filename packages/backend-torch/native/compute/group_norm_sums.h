// What group normalisation and its gradient share: sums over the pixels of an image by channel, and the affine map that a
// group's moments make of its channels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "vector.h"

namespace interfuse {

/// Pixels whose channel sums are held in float32 before they are added up in float64.
constexpr int64_t kPixelRun = 64;

struct ImageShape {
  int64_t images, pixels, channels, groups;
  int64_t group_size() const { return channels / groups; }
};

/// Pixels `[begin, end)` of an image.
struct PixelRange {
  int64_t begin, end;
};

/// Two sums of each channel.
struct ChannelSums {
  explicit ChannelSums(int64_t channels) : first(channels), second(channels) {}
  void add(const ChannelSums& other) {
    for (size_t c = 0; c < first.size(); ++c) {
      first[c] += other.first[c];
      second[c] += other.second[c];
    }
  }
  std::vector<double> first, second;
};

/// Both values of `terms(pixel, i, n)` added up over some pixels, by channel. A run's sums stay in registers, those of even
/// pixels apart from those of odd ones, so that additions need not wait for each other.
template <typename Terms>
ChannelSums channel_sums(const ImageShape& shape, PixelRange range, Terms terms) {
  ChannelSums sums(shape.channels);
  std::vector<float> run_first(shape.channels), run_second(shape.channels);
  for (int64_t begin = range.begin; begin < range.end; begin += kPixelRun) {
    const int64_t end = std::min(range.end, begin + kPixelRun);
    for_each_run(shape.channels, [&](int64_t i, int64_t n) {
      Vector first[2] = {}, second[2] = {};
      const auto add = [&](int64_t pixel, int which) {
        const auto [a, b] = terms(pixel, i, n);
        first[which] += a;
        second[which] += b;
      };
      int64_t pixel = begin;
      for (; pixel + 1 < end; pixel += 2) {
        add(pixel, 0);
        add(pixel + 1, 1);
      }
      if (pixel < end) add(pixel, 0);
      store_run(run_first.data() + i, first[0] + first[1], n);
      store_run(run_second.data() + i, second[0] + second[1], n);
    });
    for (int64_t c = 0; c < shape.channels; ++c) {
      sums.first[c] += run_first[c];
      sums.second[c] += run_second[c];
    }
  }
  return sums;
}

/// Per channel: y = x * factor + offset.
struct Affine {
  std::vector<float> factor, offset;
};

inline Affine affine_of(const ImageShape& shape, const float* mean, const float* inverse_std, const float* weight,
                        const float* bias) {
  Affine affine{std::vector<float>(shape.channels), std::vector<float>(shape.channels)};
  for (int64_t c = 0; c < shape.channels; ++c) {
    const int64_t group = c / shape.group_size();
    affine.factor[c] = inverse_std[group] * weight[c];
    affine.offset[c] = bias[c] - mean[group] * affine.factor[c];
  }
  return affine;
}

}  // namespace interfuse
