// Products of a few bfloat16 rows, as one new token has them: there, repacking the weight would cost more than it gains.
#pragma once

#include "vector.h"

namespace interfuse {

/// Below this many rows `few_rows_product` is the faster way.
constexpr int64_t kFewRows = 6;

/// sums [rows, outputs] = x [rows, pairs] times the transpose of weight [outputs, pairs].
void few_rows_product(const Bfloat16Pair* x, const Bfloat16Pair* weight, float* sums, int64_t rows, int64_t outputs,
                      int64_t pairs);

}  // namespace interfuse
