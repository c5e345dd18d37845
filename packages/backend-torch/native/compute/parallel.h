// Sharing loops among the threads that libtorch was told to use, without its headers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

namespace interfuse {

/// Elements below which a second thread is not worth waking, where a few instructions are spent on each.
constexpr int64_t kElementGrain = 1 << 14;
/// The same where an exponential is computed of each.
constexpr int64_t kExponentialGrain = 1 << 13;

/// As many rows as hold those, or other, `elements`.
inline int64_t row_grain(int64_t row_size, int64_t elements = kElementGrain) {
  return std::max<int64_t>(1, elements / std::max<int64_t>(1, row_size));
}

/// Calls `body(begin, end)` on disjoint parts of [0, count), in parallel when there are at least two `grain`s. Threads take
/// ever smaller parts as they get through them: one that the system holds up does not keep the others waiting.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body);

/// Calls `body(task, begin, end)` for `tasks` equal parts of [0, count): the parts do not depend on timing.
void parallel_tasks(int64_t count, int64_t tasks, const std::function<void(int64_t, int64_t, int64_t)>& body);

/// Sets how many threads loops of the calling thread share, and starts them. @throws c10::Error when the system does not
void use_threads(int64_t count);

/// How many threads `parallel_for` may use.
int64_t num_threads();

}  // namespace interfuse
