// Blocks of space moved into the batch or out of the channels, and back; no arithmetic.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// [B, s.., rest..] -> [B * prod(block), (s + padding) / block.., rest..], padded with zeros. `paddings` is
/// [before, after] per block axis, flattened.
Tensor space_to_batch(const Tensor& x, const Ints& block, const Ints& paddings);
/// The inverse; `crops` is what to cut off again.
Tensor batch_to_space(const Tensor& x, const Ints& block, const Ints& crops);
/// [B, H, W, C] -> [B, H * block, W * block, C / block^2].
Tensor depth_to_space(const Tensor& x, int64_t block);

}  // namespace interfuse
