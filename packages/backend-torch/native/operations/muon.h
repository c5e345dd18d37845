// Muon's update of weights: momentum with orthogonalised steps.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// Updates all weights and momenta in place (`muonUpdate` of @interfuse/tensor is the definition), one thread a weight,
/// each seen as the matrix of all its axes but the last, and the last. `rates` has a learning rate for each, `decay` is the
/// share of a parameter that is taken away. Returns the norm of all gradients, a scalar.
Tensor muon_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                   const std::vector<Stored>& momenta, const std::vector<double>& rates, double momentum, double decay,
                   Precision precision);

/// The same for one weight that owns its memory, in ATen's operations.
void update_weight(Slot& parameter, const Tensor& gradient, const Tensor& moving, double rate, double momentum,
                   double decay, Precision precision);

}  // namespace interfuse
