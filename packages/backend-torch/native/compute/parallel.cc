#include "parallel.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

namespace interfuse {

namespace {

/// Starts `count` threads that do nothing, all at a time. @throws c10::Error when the system has no room for them
void try_threads(int64_t count) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::vector<std::thread> threads;
  threads.reserve(count);
  std::string failure;
  try {
    while (static_cast<int64_t>(threads.size()) < count) threads.emplace_back([opened] { opened.wait(); });
  } catch (const std::system_error& error) {
    failure = error.what();
  }
  gate.set_value();
  for (std::thread& thread : threads) thread.join();
  TORCH_CHECK(failure.empty(), "the system does not start ", count, " threads more (", failure,
              "); ask for fewer, or free memory");
}

}  // namespace

void use_threads(int64_t count) {
  // OpenMP ends the process when a thread does not start. So others are tried first, and its own are started now, not when
  // memory may be short.
  try_threads(count - 1);
  at::set_num_threads(static_cast<int>(count));
  parallel_tasks(count, count, [](int64_t, int64_t, int64_t) {});
}

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
