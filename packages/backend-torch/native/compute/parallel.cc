#include "parallel.h"

#include <ATen/Parallel.h>

namespace interfuse {

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  at::parallel_for(0, count, grain, body);
}

void parallel_tasks(int64_t count, int64_t tasks, const std::function<void(int64_t, int64_t, int64_t)>& body) {
  at::parallel_for(0, tasks, 1, [&](int64_t first, int64_t last) {
    for (int64_t task = first; task < last; ++task) body(task, count * task / tasks, count * (task + 1) / tasks);
  });
}

int64_t num_threads() { return at::get_num_threads(); }

}  // namespace interfuse
