// Non-maximum suppression: of boxes [n, 4] (two opposite corners, y before x) that overlap, the best scored stay.
#pragma once

#include "types.h"

namespace interfuse {

/// int32 indices of the chosen boxes, best first; their float32 scores; the int32 number of them (a scalar).
/// With `sigma` > 0 overlap lowers scores instead of dropping boxes (soft suppression, arXiv 1704.04503). With `pad`
/// both lists are filled with zeros up to `max_count`.
std::vector<Tensor> suppress(const Tensor& boxes, const Tensor& scores, int64_t max_count, double overlap_threshold,
                             double score_threshold, double sigma, bool pad);

}  // namespace interfuse
