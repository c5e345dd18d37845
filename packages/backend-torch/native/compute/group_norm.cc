#include "group_norm.h"

#include <cmath>
#include <limits>

#include "group_norm_sums.h"
#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

/// Most values of a task, 256 KiB of float32, and how many times that each thread sums before they are normalised.
constexpr int64_t kTaskValues = int64_t{1} << 16;
constexpr int64_t kCachedTasks = 2;

/// Sums and sums of squares around the image's first pixel, so that a large common offset costs no digits.
template <typename X>
ChannelSums centred_sums(const X* x, const ImageShape& shape, PixelRange range) {
  return channel_sums(shape, range, [&](int64_t pixel, int64_t i, int64_t n) {
    const Vector v = load_run(x + pixel * shape.channels + i, n) - load_run(x + i, n);
    return std::pair<Vector, Vector>(v, v * v);
  });
}

/// Mean and variance of each group from `centred_sums` of the whole image.
template <typename X>
void moments_of(const X* x, const ImageShape& shape, const ChannelSums& centred, float* mean, float* variance) {
  const std::vector<double>&sums = centred.first, &squares = centred.second;
  const int64_t size = shape.group_size();
  const double pixels = static_cast<double>(shape.pixels);
  for (int64_t group = 0; group < shape.groups; ++group) {
    double total = 0;
    for (int64_t c = group * size; c < (group + 1) * size; ++c) total += sums[c] / pixels + load_part(x + c, 1)[0];
    const double average = total / static_cast<double>(size);
    double squared = 0;
    for (int64_t c = group * size; c < (group + 1) * size; ++c) {
      const double shift = load_part(x + c, 1)[0] - average;
      squared += squares[c] / pixels + 2 * shift * sums[c] / pixels + shift * shift;
    }
    mean[group] = static_cast<float>(average);
    variance[group] = static_cast<float>(squared / static_cast<double>(size));
  }
}

template <typename X, typename Y>
void normalise(const X* x, Y* y, const ImageShape& shape, PixelRange range, const Affine& affine, bool silu) {
  for (int64_t pixel = range.begin; pixel < range.end; ++pixel) {
    const int64_t at = pixel * shape.channels;
    for_each_run(shape.channels, [&](int64_t i, int64_t n) {
      const Vector z =
          load_run(x + at + i, n) * load_run(affine.factor.data() + i, n) + load_run(affine.offset.data() + i, n);
      store_run(y + at + i, silu ? silu_of(z) : z, n);
    });
  }
}

/// How images are shared out. A few images at a time are summed and then normalised, while they are in the cache; each is
/// cut into ranges of pixels, so that all threads work on a single large one.
struct Tasks {
  explicit Tasks(const ImageShape& shape) : pixels(shape.pixels) {
    const int64_t runs = std::max<int64_t>(1, kTaskValues / std::max<int64_t>(1, shape.channels * kPixelRun));
    range_pixels = runs * kPixelRun;
    per_image = std::max<int64_t>(1, (pixels + range_pixels - 1) / range_pixels);
    const int64_t values = std::max<int64_t>(1, pixels * shape.channels);
    images_at_once = std::max<int64_t>(1, kCachedTasks * num_threads() * kTaskValues / values);
  }
  PixelRange range(int64_t task) const {
    const int64_t begin = task % per_image * range_pixels;
    return {begin, std::min(pixels, begin + range_pixels)};
  }

  int64_t pixels, range_pixels, per_image, images_at_once;
};

/// Images that are worked on together, out of all that `x` holds.
struct Batch {
  int64_t first, count;
};

/// Tensors and sizes of a call.
struct Work {
  Work(const Tensor& x, int64_t groups)
      : input(x.contiguous()),
        shape{input.size(0), input.size(1) * input.size(2), input.size(3), groups},
        tasks(shape) {}

  int64_t offset(int64_t image) const { return image * shape.pixels * shape.channels; }
  /// A result with a value for each group of each image.
  Tensor by_group() const { return empty_tensor({shape.images, shape.groups}, at::kFloat); }
  /// Calls `body(image, range, task)` for all pixels of a batch, in parallel; images and tasks count from its first.
  template <typename Body>
  void for_each_task(Batch batch, Body body) const {
    parallel_for(batch.count * tasks.per_image, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) body(task / tasks.per_image, tasks.range(task), task);
    });
  }
  template <typename Body>
  void for_each_batch(Body body) const {
    for (int64_t first = 0; first < shape.images; first += tasks.images_at_once) {
      body(Batch{first, std::min(tasks.images_at_once, shape.images - first)});
    }
  }

  Tensor input;
  ImageShape shape;
  Tasks tasks;
};

void find_moments(const Work& work, Batch batch, const Tensor& mean, const Tensor& variance) {
  if (work.input.numel() == 0) {
    mean.fill_(std::numeric_limits<double>::quiet_NaN());
    variance.fill_(std::numeric_limits<double>::quiet_NaN());
    return;
  }
  with_storage(work.input, [&](auto type) {
    const auto* x = data_of<decltype(type)>(work.input) + work.offset(batch.first);
    std::vector<ChannelSums> sums(batch.count * work.tasks.per_image, ChannelSums(work.shape.channels));
    work.for_each_task(batch, [&](int64_t image, PixelRange range, int64_t task) {
      sums[task] = centred_sums(x + work.offset(image), work.shape, range);
    });
    for (int64_t image = 0; image < batch.count; ++image) {
      ChannelSums total(work.shape.channels);
      for (int64_t part = 0; part < work.tasks.per_image; ++part) total.add(sums[image * work.tasks.per_image + part]);
      const int64_t at = (batch.first + image) * work.shape.groups;
      moments_of(x + work.offset(image), work.shape, total, data_of<float>(mean) + at, data_of<float>(variance) + at);
    }
  });
}

/// Writes 1 / sqrt(variance + epsilon) of a batch.
void find_inverses(const Work& work, Batch batch, const Tensor& variance, double epsilon, const Tensor& inverse_std) {
  const int64_t begin = batch.first * work.shape.groups, end = begin + batch.count * work.shape.groups;
  for (int64_t i = begin; i < end; ++i) {
    data_of<float>(inverse_std)[i] =
        static_cast<float>(1.0 / std::sqrt(static_cast<double>(data_of<float>(variance)[i]) + epsilon));
  }
}

/// What normalised values become.
struct Finish {
  Finish(const Tensor& w, const Tensor& b, bool with_silu)
      : weight(w.contiguous()), bias(b.contiguous()), silu(with_silu) {}
  Tensor weight, bias;
  bool silu;
};

void normalise_batch(const Work& work, Batch batch, const Tensor& mean, const Tensor& inverse_std,
                     const Finish& finish, const Tensor& y) {
  std::vector<Affine> affines;
  for (int64_t image = batch.first; image < batch.first + batch.count; ++image) {
    const int64_t at = image * work.shape.groups;
    affines.push_back(affine_of(work.shape, data_of<float>(mean) + at, data_of<float>(inverse_std) + at,
                                data_of<float>(finish.weight), data_of<float>(finish.bias)));
  }
  with_storage(work.input, y, [&](auto x_type, auto y_type) {
    const auto* from = data_of<decltype(x_type)>(work.input) + work.offset(batch.first);
    auto* to = data_of<decltype(y_type)>(y) + work.offset(batch.first);
    work.for_each_task(batch, [&](int64_t image, PixelRange range, int64_t) {
      normalise(from + work.offset(image), to + work.offset(image), work.shape, range, affines[image], finish.silu);
    });
  });
}

Tensor like_input(const Work& work, Precision precision) {
  return empty_tensor(work.input.sizes(), activation_type(precision));
}

}  // namespace

std::vector<Tensor> group_norm(const Stored& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                               double epsilon, bool silu, Precision precision) {
  const Work work(x.tensor(), groups);
  const Finish finish(weight, bias, silu);
  const Tensor y = like_input(work, precision);
  const Tensor mean = work.by_group(), variance = work.by_group(), inverse_std = work.by_group();
  work.for_each_batch([&](Batch batch) {
    find_moments(work, batch, mean, variance);
    find_inverses(work, batch, variance, epsilon, inverse_std);
    normalise_batch(work, batch, mean, inverse_std, finish, y);
  });
  return {y, mean, inverse_std};
}

std::vector<Tensor> group_moments(const Stored& x, int64_t groups) {
  const Work work(x.tensor(), groups);
  const Tensor mean = work.by_group(), variance = work.by_group();
  work.for_each_batch([&](Batch batch) { find_moments(work, batch, mean, variance); });
  return {mean, variance};
}

Tensor group_norm_with(const Stored& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                       const Tensor& variance, int64_t groups, double epsilon, bool silu, Precision precision) {
  const Work work(x.tensor(), groups);
  const Finish finish(weight, bias, silu);
  const Tensor means = mean.contiguous(), variances = variance.contiguous();
  const Tensor y = like_input(work, precision), inverse_std = work.by_group();
  work.for_each_batch([&](Batch batch) {
    find_inverses(work, batch, variances, epsilon, inverse_std);
    normalise_batch(work, batch, means, inverse_std, finish, y);
  });
  return y;
}

}  // namespace interfuse
