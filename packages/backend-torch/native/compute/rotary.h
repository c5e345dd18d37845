// Rotary position embedding of attention's heads, alone and behind the normalisation of queries and keys.
#pragma once

#include "types.h"

namespace interfuse {

/// Rotates the halves of the first `num_heads` heads of x [L, H, K] by the angles of table [L, K] = (cosines | sines);
/// the other heads pass.
Tensor rotary_embedding(const Stored& x, const Tensor& table, bool inverse, int64_t num_heads, Precision precision);

/// The same for `num_heads` query heads and then `num_kv_heads` key heads, each divided by its root mean square before and
/// scaled by the weight [K] of its kind: [y, inverseRms [L, heads]].
std::vector<Tensor> normed_rotary(const Stored& x, const Tensor& table, const Tensor& query_weight,
                                  const Tensor& key_weight, int64_t num_heads, int64_t num_kv_heads, double epsilon,
                                  Precision precision);

/// [dx, dQueryWeight, dKeyWeight]; dx in the storage type of x, the weights' gradients float32.
std::vector<Tensor> normed_rotary_grad(const Stored& dy, const Stored& x, const Tensor& table,
                                       const Tensor& query_weight, const Tensor& key_weight, const Tensor& inverse_rms,
                                       int64_t num_heads, int64_t num_kv_heads);

}  // namespace interfuse
