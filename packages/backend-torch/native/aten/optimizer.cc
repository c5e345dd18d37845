#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "../operations/muon.h"
#include "../compute/ownership.h"
#include "forms.h"

namespace interfuse::aten {

namespace {

/// Elements of parameters that are updated in one call: what clipped copies of gradients take at most, apart from one
/// larger parameter.
constexpr int64_t kBatchElements = int64_t{1} << 26;

/// Calls `body(indices)` for batches of tensors of about `kBatchElements` in all.
template <typename Body>
void for_each_batch(const std::vector<size_t>& indices, const std::vector<Tensor>& tensors, Body body) {
  std::vector<size_t> batch;
  int64_t elements = 0;
  for (const size_t index : indices) {
    batch.push_back(index);
    elements += tensors[index].numel();
    if (elements < kBatchElements && index != indices.back()) continue;
    body(batch);
    batch.clear();
    elements = 0;
  }
}

std::vector<Tensor> chosen(const std::vector<Tensor>& tensors, const std::vector<size_t>& indices) {
  std::vector<Tensor> result;
  for (const size_t index : indices) result.push_back(tensors[index]);
  return result;
}

std::vector<Tensor> tensors_of(const std::vector<Stored>& slots) {
  std::vector<Tensor> result;
  for (const Stored& stored : slots) result.push_back(stored.tensor());
  return result;
}

/// Norm of all tensors together; stays on the device.
Tensor global_norm(const std::vector<Tensor>& tensors) {
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(tensors)));
}

/// Refreshes the bfloat16 copies of parameters that have one.
void refresh_copies(const std::vector<Stored>& parameters) {
  std::vector<Tensor> copies, sources;
  for (const Stored& parameter : parameters) {
    if (!parameter.slot->bfloat16.defined()) continue;
    copies.push_back(parameter.slot->bfloat16);
    sources.push_back(parameter.tensor());
  }
  if (!copies.empty()) at::_foreach_copy_(copies, sources);
}

}  // namespace

Tensor adamw_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                    const std::vector<Stored>& first_moments, const std::vector<Stored>& second_moments,
                    double learning_rate, double beta1, double beta2, double epsilon,
                    const std::vector<double>& weight_decays, double step, double max_norm) {
  require_floats(parameters, gradients, first_moments, second_moments);
  std::map<double, std::vector<size_t>> by_decay;
  for (size_t i = 0; i < parameters.size(); ++i) {
    own_parameter(*parameters[i].slot);
    own_memory(*first_moments[i].slot);
    own_memory(*second_moments[i].slot);
    by_decay[weight_decays[i]].push_back(i);
  }
  const Tensor norm = global_norm(gradients);
  const std::vector<Tensor> weights = tensors_of(parameters);
  const std::vector<Tensor> first = tensors_of(first_moments), second = tensors_of(second_moments);
  const Tensor count = at::full({}, step, norm.options());
  const Tensor factor = at::clamp_max(at::reciprocal(norm) * max_norm, 1.0);
  for (const auto& [decay, indices] : by_decay) {
    for_each_batch(indices, weights, [&](const std::vector<size_t>& batch) {
      std::vector<Tensor> batch_gradients = chosen(gradients, batch);
      if (max_norm > 0) batch_gradients = at::_foreach_mul(batch_gradients, factor);
      at::_fused_adamw_(chosen(weights, batch), batch_gradients, chosen(first, batch), chosen(second, batch), {},
                        std::vector<Tensor>(batch.size(), count), learning_rate, beta1, beta2, decay, epsilon,
                        /*amsgrad=*/false, /*maximize=*/false);
    });
  }
  refresh_copies(parameters);
  return norm;
}

Tensor muon_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                   const std::vector<Stored>& momenta, const std::vector<double>& rates, double momentum, double decay,
                   Precision precision) {
  require_floats(parameters, gradients, momenta);
  for (size_t i = 0; i < parameters.size(); ++i) {
    own_parameter(*parameters[i].slot);
    own_memory(*momenta[i].slot);
    update_weight(*parameters[i].slot, gradients[i], momenta[i].tensor(), rates[i], momentum, decay, precision);
  }
  return global_norm(gradients);
}

void ema_update(const std::vector<Stored>& averages, const std::vector<Tensor>& parameters, double decay) {
  require_floats(averages, parameters);
  for (const Stored& average : averages) own_memory(*average.slot);
  const std::vector<Tensor> targets = tensors_of(averages);
  at::_foreach_mul_(targets, decay);
  at::_foreach_add_(targets, parameters, 1 - decay);
}

}  // namespace interfuse::aten
