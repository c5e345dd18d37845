// Parameter updates in place, all tensors of a model in one call.
#pragma once

#include "types.h"

namespace interfuse {

/// AdamW (arXiv 1711.05101): decoupled decay, bias-corrected moments. `weight_decays` has one number per parameter,
/// `step` counts from 1, a positive `max_norm` scales the gradients down to that global norm. Cached bfloat16 copies of
/// parameters are refreshed in the same pass. Returns the norm of all gradients before clipping, a scalar.
Tensor adamw_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                    const std::vector<Stored>& first_moments, const std::vector<Stored>& second_moments,
                    double learning_rate, double beta1, double beta2, double epsilon,
                    const std::vector<double>& weight_decays, double step, double max_norm);

/// average = decay * average + (1 - decay) * parameter.
void ema_update(const std::vector<Stored>& averages, const std::vector<Tensor>& parameters, double decay);

}  // namespace interfuse
