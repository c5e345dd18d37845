#include "data.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/version.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstring>
#include <limits>

#include "../compute/parallel.h"
#include "../device/card.h"
#include "../device/device.h"
#include "../operations/vector_functions.h"

namespace interfuse {

Bytes typed_array_bytes(napi_env env, napi_value value) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  TORCH_CHECK(napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) == napi_ok,
              "expected a typed array");
  const size_t width = type == napi_float32_array || type == napi_int32_array || type == napi_uint32_array ? 4
                       : type == napi_uint16_array || type == napi_int16_array                             ? 2
                       : type == napi_float64_array                                                        ? 8
                                                                                                           : 1;
  return {data, length * width};
}

namespace {

void copy_bytes(void* to, const void* from, size_t size) {
  if (size != 0) std::memcpy(to, from, size);
}

/// Memory of the processor for a tensor that will be on `device`.
Tensor memory_to_write(const Ints& shape, at::ScalarType type, at::Device device) {
#ifdef INTERFUSE_DEVICES
  if (!device.is_cpu()) return staging_memory(shape, type, device);
#endif
  return at::empty(shape, type);
}

/// write(typedArray, typeCode, shape): a slot with a copy of the values; bool arrives as bytes, any non-zero is true.
napi_value write(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) {
    const Bytes bytes = typed_array_bytes(call.env(), call.take());
    const auto code = static_cast<TypeCode>(call.next<int64_t>());
    const Ints shape = call.next<Ints>();
    const Tensor tensor = memory_to_write(shape, scalar_type(code), call.environment().device());
    TORCH_CHECK(tensor.nbytes() == bytes.size, "got ", bytes.size, " bytes for a tensor of ", tensor.nbytes());
    if (code == TypeCode::kBool) {
      const auto* from = static_cast<const uint8_t*>(bytes.data);
      auto* to = static_cast<bool*>(tensor.data_ptr());
      for (size_t i = 0; i < bytes.size; ++i) to[i] = from[i] != 0;
    } else {
      copy_bytes(tensor.data_ptr(), bytes.data, bytes.size);
    }
    call.environment().report({tensor.to(call.environment().device(), /*non_blocking=*/true)});
  });
  return nullptr;
}

/// read(handle, typedArray): copies the values, widened to float32 where stored as bfloat16. Waits for the device.
napi_value read(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) {
    const Tensor tensor = call.next<Tensor>().cpu().contiguous();
    const Bytes bytes = typed_array_bytes(call.env(), call.take());
    TORCH_CHECK(tensor.nbytes() == bytes.size, "got room for ", bytes.size, " bytes, the tensor has ", tensor.nbytes());
    copy_bytes(bytes.data, tensor.data_ptr(), bytes.size);
  });
  return nullptr;
}

napi_value dispose(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) { call.environment().release(static_cast<int32_t>(call.next<int64_t>())); });
  return nullptr;
}

napi_value dispose_all(napi_env env, napi_callback_info) {
  Environment::of(env).release_all();
  return nullptr;
}

/// meta(): the Int32Array in which every call reports its results, in memory that JavaScript owns.
napi_value meta(napi_env env, napi_callback_info) {
  Environment& environment = Environment::of(env);
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  void* data = nullptr;
  napi_create_arraybuffer(env, Environment::kMetaLength * sizeof(int32_t), &data, &buffer);
  napi_create_typedarray(env, napi_int32_array, Environment::kMetaLength, buffer, 0, &array);
  environment.keep_meta(env, array, static_cast<int32_t*>(data));
  return array;
}

napi_value slots_in_use(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_create_int64(env, Environment::of(env).slots_in_use(), &result);
  return result;
}

/// useDevice(name): where the calling thread computes from now on.
napi_value use_device(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) { call.environment().use_device(call.next<std::string>()); });
  return nullptr;
}

napi_value string_value(napi_env env, const std::string& text) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, text.c_str(), text.size(), &result);
  return result;
}

/// device(): its name, for example "cpu" or "cuda:0".
napi_value device_name(napi_env env, napi_callback_info) {
  return string_value(env, Environment::of(env).device().str());
}

/// whyNoAccelerator(): why there is none, empty when there is one.
napi_value explain_device(napi_env env, napi_callback_info) { return string_value(env, why_no_accelerator()); }

/// deviceMemory(): [bytes in tensors, bytes held by libtorch, most bytes in tensors so far].
napi_value device_memory(napi_env env, napi_callback_info) {
  const DeviceMemory memory = memory_of(Environment::of(env).device());
  napi_value result = nullptr;
  napi_create_array_with_length(env, 3, &result);
  uint32_t index = 0;
  for (const int64_t bytes : {memory.in_use, memory.reserved, memory.peak}) {
    napi_value number = nullptr;
    napi_create_int64(env, bytes, &number);
    napi_set_element(env, result, index++, number);
  }
  return result;
}

/// card(): [name, compute capability, bytes] of the NVIDIA card on which the thread computes; undefined elsewhere.
napi_value card(napi_env env, napi_callback_info) {
  const at::Device device = Environment::of(env).device();
  const auto found = device.is_cuda() ? nvidia_card(device.index()) : std::nullopt;
  napi_value result = nullptr, capability = nullptr, memory = nullptr;
  if (!found) {
    napi_get_undefined(env, &result);
    return result;
  }
  napi_create_array_with_length(env, 3, &result);
  napi_create_double(env, found->capability_major + found->capability_minor / 10.0, &capability);
  napi_create_int64(env, found->memory, &memory);
  napi_set_element(env, result, 0, string_value(env, found->name));
  napi_set_element(env, result, 1, capability);
  napi_set_element(env, result, 2, memory);
  return result;
}

/// synchronize(): waits until the device has done all it was told.
napi_value wait_for_device(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) { synchronize(call.environment().device()); });
  return nullptr;
}

napi_value set_precision(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) {
    call.environment().precision = call.next<bool>() ? Precision::kBfloat16 : Precision::kFloat32;
  });
  return nullptr;
}

/// setThreads(count): for the calling thread; OpenMP keeps the number per thread that starts work.
napi_value set_threads(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) {
    resolve_vector_functions();
    use_threads(call.next<int64_t>());
  });
  return nullptr;
}

napi_value get_threads(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_create_int64(env, at::get_num_threads(), &result);
  return result;
}

napi_value torch_version(napi_env env, napi_callback_info) {
  return string_value(env, TORCH_VERSION);
}

}  // namespace

std::vector<Entry> data_entries() {
  return {
      {"write", write},
      {"read", read},
      {"readLater", read_later},
      {"dispose", dispose},
      {"disposeAll", dispose_all},
      {"meta", meta},
      {"slotsInUse", slots_in_use},
      {"useDevice", use_device},
      {"device", device_name},
      {"whyNoAccelerator", explain_device},
      {"deviceMemory", device_memory},
      {"card", card},
      {"synchronize", wait_for_device},
      {"setBfloat16", set_precision},
      {"setThreads", set_threads},
      {"threads", get_threads},
      {"torchVersion", torch_version},
  };
}

void raise_allocator_thresholds() {
#ifdef __GLIBC__
  // Blocks of their own mapping, and memory at the end of the heap, would be given back and faulted in again.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
  // Heaps of other threads are small and are given back whole: workers share the main one.
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace interfuse
