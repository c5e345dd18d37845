// Local response normalisation over the channels of [.., C]: y = x * (bias + alpha * sum of x^2 nearby)^-beta
// (Krizhevsky et al., 2012), where nearby is at most `radius` channels away.
#pragma once

#include "../compute/types.h"

namespace interfuse {

Tensor local_response(const Tensor& x, int64_t radius, double bias, double alpha, double beta);
Tensor local_response_grad(const Tensor& x, const Tensor& y, const Tensor& dy, int64_t radius, double bias,
                           double alpha, double beta);

}  // namespace interfuse
