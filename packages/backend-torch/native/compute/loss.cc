#include "loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

template <typename T>
float scalar_at(const T* row, int64_t index) {
  return load_part(row + index, 1)[0];
}

/// Lanes past `count` set to `value`.
Vector padded_with(Vector v, int64_t count, float value) {
  for (int64_t i = count; i < kLanes; ++i) v[i] = value;
  return v;
}

template <typename T>
float log_sum_exp_of(const T* row, int64_t size) {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  Vector largest = splat(kLowest);
  for_each_run(
      size, [&](int64_t i, int64_t n) { largest = maximum(largest, padded_with(load_run(row + i, n), n, kLowest)); });
  const float top = maximum_of(largest);
  Vector total{};
  for_each_run(size,
               [&](int64_t i, int64_t n) { total += padded_with(exponential(load_run(row + i, n) - top), n, 0.0f); });
  return top + std::log(sum_of(total));
}

template <typename X, typename Y>
void softmax_difference(const X* row, Y* gradient, int64_t size, float log_sum_exp, int32_t target, float scale) {
  for_each_run(size, [&](int64_t i, int64_t n) {
    store_run(gradient + i, exponential(load_run(row + i, n) - log_sum_exp) * scale, n);
  });
  const float hit = (std::exp(scalar_at(row, target) - log_sum_exp) - 1.0f) * scale;
  store_part(gradient + target, splat(hit), 1);
}

void check_targets(const int32_t* targets, int64_t count, int64_t classes) {
  for (int64_t i = 0; i < count; ++i) {
    TORCH_CHECK(targets[i] >= -1 && targets[i] < classes, "target ", targets[i], " of row ", i, " is outside [-1, ",
                classes, ")");
  }
}

}  // namespace

std::vector<Tensor> cross_entropy(const Stored& logits, const Tensor& targets) {
  const Tensor input = logits.tensor().contiguous();
  const Tensor ids = targets.contiguous();
  const int64_t rows = input.size(0);
  const int64_t classes = input.size(1);
  const Tensor losses = empty_tensor({rows}, at::kFloat);
  const Tensor log_sum_exps = empty_tensor({rows}, at::kFloat);
  const auto* target = data_of<int32_t>(ids);
  check_targets(target, rows, classes);
  with_storage(input, [&](auto type) {
    const auto* from = data_of<decltype(type)>(input);
    auto* loss = data_of<float>(losses);
    auto* log_sum_exp = data_of<float>(log_sum_exps);
    parallel_for(rows, row_grain(classes, kExponentialGrain), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const bool counts = target[row] >= 0;
        log_sum_exp[row] = counts ? log_sum_exp_of(from + row * classes, classes) : 0.0f;
        loss[row] = counts ? log_sum_exp[row] - scalar_at(from + row * classes, target[row]) : 0.0f;
      }
    });
  });
  return {losses, log_sum_exps};
}

Tensor cross_entropy_grad(const Tensor& dy, const Stored& logits, const Tensor& targets, const Tensor& log_sum_exp,
                          Precision precision) {
  const Tensor input = logits.tensor().contiguous();
  const Tensor ids = targets.contiguous();
  const Tensor row_scales = dy.contiguous();
  const int64_t rows = input.size(0);
  const int64_t classes = input.size(1);
  const Tensor gradients = empty_tensor(input.sizes(), activation_type(precision));
  with_storage(input, gradients, [&](auto x_type, auto y_type) {
    using Y = decltype(y_type);
    const auto* from = data_of<decltype(x_type)>(input);
    auto* to = data_of<Y>(gradients);
    const auto* target = data_of<int32_t>(ids);
    const auto* scale = data_of<float>(row_scales);
    const auto* total = data_of<float>(log_sum_exp);
    parallel_for(rows, row_grain(classes, kExponentialGrain), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        Y* gradient = to + row * classes;
        if (target[row] < 0) {
          std::fill_n(gradient, classes, Y{});
        } else {
          softmax_difference(from + row * classes, gradient, classes, total[row], target[row], scale[row]);
        }
      }
    });
  });
  return gradients;
}

}  // namespace interfuse
