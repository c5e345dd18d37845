#include "parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

namespace interfuse {

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  const int64_t threads = std::min(num_threads(), (count + grain - 1) / grain);
  if (threads <= 1) {
    if (count > 0) body(0, count);
    return;
  }
  std::atomic<int64_t> next{0};
  at::parallel_for(0, threads, 1, [&](int64_t, int64_t) {
    int64_t begin = next;
    while (begin < count) {
      const int64_t part = std::max(grain, (count - begin) / (2 * threads));
      const int64_t end = std::min(count, begin + part);
      if (!next.compare_exchange_weak(begin, end)) continue;
      body(begin, end);
      begin = next;
    }
  });
}

void parallel_tasks(int64_t count, int64_t tasks, const std::function<void(int64_t, int64_t, int64_t)>& body) {
  at::parallel_for(0, tasks, 1, [&](int64_t first, int64_t last) {
    for (int64_t task = first; task < last; ++task) body(task, count * task / tasks, count * (task + 1) / tasks);
  });
}

int64_t num_threads() { return at::get_num_threads(); }

}  // namespace interfuse
