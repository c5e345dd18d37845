// Everything the addon keeps for one JavaScript thread (main thread or worker): the slot table and the
// array through which shapes of results come back. It dies with the thread, and frees every slot then.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "../compute/type_codes.h"
#include "../compute/types.h"

namespace interfuse {

class Environment {
 public:
  static constexpr int32_t kMetaLength = 1 << 16;

  /// The environment of the calling thread.
  static Environment& of(napi_env env);

  /// Creates the environment of a new JavaScript thread; returns false when Node refuses.
  static bool create(napi_env env);

  /// Stores a tensor and returns its handle.
  int32_t add(Tensor tensor);

  /// The slot behind a handle. @throws c10::Error for a handle that is not in use.
  Slot& slot(int32_t handle);

  void release(int32_t handle);

  void release_all();

  int64_t slots_in_use() const { return in_use_; }

  /// Writes [count, then per output: handle, type code, rank, sizes...] for JavaScript to read.
  void report(const std::vector<Tensor>& outputs);

  /// From now on reports go into `data`, the memory of the JavaScript array `array`, which is kept alive.
  void keep_meta(napi_env env, napi_value array, int32_t* data);

  /// Where the thread's tensors live; those that exist move along. @throws c10::Error when the device cannot be had
  void use_device(const std::string& name);
  at::Device device() const { return device_; }

  Precision precision = Precision::kFloat32;

 private:
  int32_t* report_one(const Tensor& output, int32_t* at);

  std::deque<Slot> slots_;  // a deque keeps addresses while it grows
  std::vector<int32_t> free_;
  int64_t in_use_ = 0;
  at::Device device_ = at::kCPU;
  napi_ref meta_array_ = nullptr;
  int32_t* meta_ = nullptr;
};

}  // namespace interfuse
