// Memory that a thread computes in, kept from call to call.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <tuple>

namespace interfuse {

/// Cache-line aligned memory, zero at first.
template <typename T>
class Scratch {
 public:
  explicit Scratch(int64_t size) {
    const size_t bytes = (size * sizeof(T) / 64 + 1) * 64;
    data_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
    std::memset(static_cast<void*>(data_.get()), 0, bytes);
  }
  T* get() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* data) const { std::free(data); }
  };
  std::unique_ptr<T, Free> data_;
};

/// The scratch memory of the calling thread: to make and clear it takes as long as a short document.
template <typename Memory, typename... Sizes>
Memory& thread_scratch(Sizes... sizes) {
  thread_local std::unique_ptr<Memory> kept;
  thread_local std::tuple<Sizes...> kept_sizes;
  if (kept == nullptr || kept_sizes != std::tuple(sizes...)) {
    kept = std::make_unique<Memory>(sizes...);
    kept_sizes = std::tuple(sizes...);
  }
  return *kept;
}

}  // namespace interfuse
