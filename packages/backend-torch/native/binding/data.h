// Functions of the addon that move data and settings rather than compute.
#pragma once

#include "bind.h"

namespace interfuse {

std::vector<Entry> data_entries();

/// readLater(handle, typedArray, done): copies a tensor's values in another thread, then calls `done`, with a message if
/// the device failed.
napi_value read_later(napi_env env, napi_callback_info info);

/// The memory of a typed array.
struct Bytes {
  void* data;
  size_t size;  // in bytes
};

/// @throws c10::Error for anything but a typed array
Bytes typed_array_bytes(napi_env env, napi_value value);

/// Keeps glibc from giving memory back to the system after every training step, for the whole process.
void raise_allocator_thresholds();

}  // namespace interfuse
