#include "optimizer.h"

#include <algorithm>
#include <cmath>

#include "new_tensor.h"
#include "ownership.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

/// A run of elements of one tensor: what a thread handles at once.
struct Block {
  size_t tensor;
  int64_t begin;
  int64_t end;
};

constexpr int64_t kBlockElements = 1 << 14;

template <typename Sizes>
std::vector<Block> blocks_of(size_t count, Sizes size_of) {
  std::vector<Block> blocks;
  for (size_t tensor = 0; tensor < count; ++tensor) {
    const int64_t size = size_of(tensor);
    for (int64_t begin = 0; begin < size; begin += kBlockElements) {
      blocks.push_back({tensor, begin, std::min(size, begin + kBlockElements)});
    }
  }
  return blocks;
}

template <typename Body>
void for_each_block(const std::vector<Block>& blocks, Body body) {
  parallel_for(static_cast<int64_t>(blocks.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) body(i, blocks[i]);
  });
}

/// Norm of all gradients; blocks are summed in order, so the result does not depend on timing.
double global_norm(const std::vector<Tensor>& gradients, const std::vector<Block>& blocks) {
  std::vector<double> partial(blocks.size());
  for_each_block(blocks, [&](int64_t index, const Block& block) {
    const float* gradient = data_of<float>(gradients[block.tensor]) + block.begin;
    Vector squares{};
    for_each_run(block.end - block.begin, [&](int64_t i, int64_t n) {
      const Vector g = load_run(gradient + i, n);
      squares += g * g;
    });
    partial[index] = sum_of(squares);
  });
  double total = 0;
  for (const double part : partial) total += part;
  return std::sqrt(total);
}

struct AdamwNumbers {
  float beta1, beta2, epsilon, gradient_scale, step_size, second_correction, keep;
};

void adamw_block(float* parameter, Bfloat16* copy, const float* gradient, float* first, float* second, int64_t size,
                 const AdamwNumbers& numbers) {
  for_each_run(size, [&](int64_t i, int64_t n) {
    const Vector g = load_run(gradient + i, n) * numbers.gradient_scale;
    const Vector m = load_run(first + i, n) * numbers.beta1 + g * (1.0f - numbers.beta1);
    const Vector v = load_run(second + i, n) * numbers.beta2 + g * g * (1.0f - numbers.beta2);
    const Vector update = m * numbers.step_size / (square_root(v) * numbers.second_correction + numbers.epsilon);
    const Vector updated = load_run(parameter + i, n) * numbers.keep - update;
    store_run(first + i, m, n);
    store_run(second + i, v, n);
    store_run(parameter + i, updated, n);
    if (copy != nullptr) store_run(copy + i, updated, n);
  });
}

}  // namespace

Tensor adamw_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                    const std::vector<Stored>& first_moments, const std::vector<Stored>& second_moments,
                    double learning_rate, double beta1, double beta2, double epsilon,
                    const std::vector<double>& weight_decays, double step, double max_norm) {
  std::vector<Tensor> contiguous;
  for (size_t i = 0; i < parameters.size(); ++i) {
    own_parameter(*parameters[i].slot);
    own_memory(*first_moments[i].slot);
    own_memory(*second_moments[i].slot);
    contiguous.push_back(gradients[i].contiguous());
  }
  const std::vector<Block> blocks =
      blocks_of(parameters.size(), [&](size_t i) { return parameters[i].tensor().numel(); });
  const double norm = global_norm(contiguous, blocks);
  AdamwNumbers shared{};
  shared.beta1 = static_cast<float>(beta1);
  shared.beta2 = static_cast<float>(beta2);
  shared.epsilon = static_cast<float>(epsilon);
  shared.gradient_scale = max_norm > 0 && norm > max_norm ? static_cast<float>(max_norm / norm) : 1.0f;
  shared.step_size = static_cast<float>(learning_rate / (1.0 - std::pow(beta1, step)));
  shared.second_correction = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, step)));
  for_each_block(blocks, [&](int64_t, const Block& block) {
    const Slot& slot = *parameters[block.tensor].slot;
    AdamwNumbers numbers = shared;
    numbers.keep = static_cast<float>(1.0 - learning_rate * weight_decays[block.tensor]);
    Bfloat16* copy = slot.bfloat16.defined() ? data_of<Bfloat16>(slot.bfloat16) + block.begin : nullptr;
    adamw_block(data_of<float>(slot.tensor) + block.begin, copy, data_of<float>(contiguous[block.tensor]) + block.begin,
                data_of<float>(first_moments[block.tensor].tensor()) + block.begin,
                data_of<float>(second_moments[block.tensor].tensor()) + block.begin, block.end - block.begin, numbers);
  });
  return zero_tensor({}, at::kFloat).fill_(norm);
}

void ema_update(const std::vector<Stored>& averages, const std::vector<Tensor>& parameters, double decay) {
  std::vector<Tensor> contiguous;
  for (size_t i = 0; i < averages.size(); ++i) {
    own_memory(*averages[i].slot);
    contiguous.push_back(parameters[i].contiguous());
  }
  const auto kept = static_cast<float>(decay);
  const auto added = static_cast<float>(1.0 - decay);
  const std::vector<Block> blocks = blocks_of(averages.size(), [&](size_t i) { return averages[i].tensor().numel(); });
  for_each_block(blocks, [&](int64_t, const Block& block) {
    float* average = data_of<float>(averages[block.tensor].tensor()) + block.begin;
    const float* parameter = data_of<float>(contiguous[block.tensor]) + block.begin;
    for_each_run(block.end - block.begin, [&](int64_t i, int64_t n) {
      store_run(average + i, load_run(average + i, n) * kept + load_run(parameter + i, n) * added, n);
    });
  });
}

}  // namespace interfuse
