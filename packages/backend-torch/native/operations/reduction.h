// Reductions over axes (given as non-negative numbers) and scans along one axis.
#pragma once

#include "../compute/types.h"

namespace interfuse {

Tensor sum(const Tensor& x, const Ints& axes, bool keep);
Tensor mean(const Tensor& x, const Ints& axes, bool keep);
Tensor product_of(const Tensor& x, const Ints& axes, bool keep);
Tensor maximum_of(const Tensor& x, const Ints& axes, bool keep);
Tensor minimum_of(const Tensor& x, const Ints& axes, bool keep);
Tensor all_of(const Tensor& x, const Ints& axes, bool keep);
Tensor any_of(const Tensor& x, const Ints& axes, bool keep);
/// Index of the first maximum or minimum along `axis`, int32.
Tensor arg_max(const Tensor& x, int64_t axis);
Tensor arg_min(const Tensor& x, int64_t axis);
Tensor cumulative_sum(const Tensor& x, int64_t axis, bool exclusive, bool reverse);
Tensor cumulative_product(const Tensor& x, int64_t axis, bool exclusive, bool reverse);
Tensor softmax(const Tensor& x, int64_t axis);
Tensor log_softmax(const Tensor& x, int64_t axis);
/// The k largest of the last axis, largest first, of equal ones the first: values and int32 indices.
std::vector<Tensor> top_k(const Tensor& x, int64_t k);

}  // namespace interfuse
