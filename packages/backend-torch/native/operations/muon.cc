#include "muon.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

#include "../compute/new_tensor.h"
#include "../compute/ownership.h"
#include "../compute/parallel.h"
#include "../compute/storage.h"
#include "product.h"

namespace interfuse {

namespace {

constexpr int kSteps = 5;
constexpr float kLinear = 3.4445f, kCubic = -4.775f, kQuintic = 2.0315f;
constexpr double kEpsilon = 1e-7;

/// kLinear I + kCubic gram + kQuintic square, by which a step multiplies, in the storage type of `gram`.
Tensor step_factor(const Tensor& gram, const Tensor& square) {
  if (!gram.is_cpu()) {
    const Tensor sum = at::mul(widened(gram), kCubic).add_(square, kQuintic);
    sum.diagonal().add_(kLinear);
    return sum.to(gram.scalar_type());
  }
  const Tensor factor = empty_tensor(gram.sizes(), gram.scalar_type());
  const int64_t size = gram.size(0);
  with_storage(gram, [&](auto type) {
    using T = decltype(type);
    const T* grams = data_of<T>(gram);
    const float* squares = data_of<float>(square);
    T* factors = data_of<T>(factor);
    for_each_run(size * size, [&](int64_t i, int64_t n) {
      store_run(factors + i, load_run(grams + i, n) * kCubic + load_run(squares + i, n) * kQuintic, n);
    });
    for (int64_t i = 0; i < size; ++i) {
      const int64_t at = i * (size + 1);
      store_run(factors + at, load_run(grams + at, 1) * kCubic + load_run(squares + at, 1) * kQuintic + kLinear, 1);
    }
  });
  return factor;
}

/// Newton–Schulz on the smaller side's Gram matrix; `matrix` is float32, products are in `precision`.
Tensor orthogonalised(const Tensor& matrix, Precision precision) {
  const bool is_tall = matrix.size(0) > matrix.size(1);
  const Tensor wide = is_tall ? matrix.t() : matrix;
  Tensor x = at::div(wide, at::norm(wide) + kEpsilon).to(activation_type(precision)).contiguous();
  for (int step = 0; step < kSteps; ++step) {
    const Tensor gram = linear_product(x, x, {}, x.scalar_type());
    const Tensor square = linear_product(gram, gram, {}, at::kFloat);  // a Gram matrix is its own transpose
    x = column_product(step_factor(gram, square), x, {});
  }
  return widened(is_tall ? x.t() : x);
}

Tensor as_matrix(const Tensor& weight) { return weight.flatten(0, -2); }

}  // namespace

void update_weight(Slot& parameter, const Tensor& gradient, const Tensor& moving, double rate, double momentum,
                   double decay, Precision precision) {
  moving.mul_(momentum).add_(gradient, 1 - momentum);
  const Tensor ahead = at::add(at::mul(moving, momentum), gradient, 1 - momentum);
  const Tensor step = orthogonalised(as_matrix(ahead), precision);
  as_matrix(parameter.tensor).mul_(1 - decay).sub_(step, rate);
  if (parameter.bfloat16.defined()) parameter.bfloat16.copy_(parameter.tensor);
}

namespace {

/// Weights take different times, so threads take them one by one; the largest first, so that none ends late.
std::vector<size_t> largest_first(const std::vector<Tensor>& tensors) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return tensors[a].numel() > tensors[b].numel(); });
  return order;
}

}  // namespace

Tensor muon_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                   const std::vector<Stored>& momenta, const std::vector<double>& rates, double momentum, double decay,
                   Precision precision) {
  require_floats(parameters, gradients, momenta);
  for (size_t i = 0; i < parameters.size(); ++i) {
    own_parameter(*parameters[i].slot);
    own_memory(*momenta[i].slot);
  }
  const std::vector<size_t> order = largest_first(gradients);
  std::vector<double> squares(parameters.size());
  std::atomic<size_t> next{0};
  parallel_for(num_threads(), 1, [&](int64_t, int64_t) {
    const c10::InferenceMode no_autograd;  // a setting of the thread
    for (size_t at = next++; at < order.size(); at = next++) {
      const size_t i = order[at];
      update_weight(*parameters[i].slot, gradients[i], momenta[i].tensor(), rates[i], momentum, decay, precision);
      squares[i] = at::sum(at::square(gradients[i])).item<double>();
    }
  });
  double total = 0;
  for (const double square : squares) total += square;
  return at::full({}, std::sqrt(total), at::kFloat);
}

}  // namespace interfuse
