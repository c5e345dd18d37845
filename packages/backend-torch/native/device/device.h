// Where tensors live and what a device other than the processor brings along: choosing one, its memory, copies to and
// from it. Everything goes through libtorch's interfaces for any accelerator, nothing names CUDA's own: the code is the same
// and is tested where there is no card. `INTERFUSE_DEVICES` is defined where libtorch has them all (2.10 and newer).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../compute/types.h"

namespace interfuse {

/// The device of a name: "cpu", "cuda", "cuda:1", any other type that libtorch knows; "auto" is an accelerator where there
/// is one, else the processor. Makes it the calling thread's current one.
/// @throws c10::Error saying why the device cannot be had
at::Device choose_device(const std::string& name);

/// Why "auto" gives the processor, in words; empty when it gives an accelerator.
std::string why_no_accelerator();

/// Bytes on a device: in tensors, held by libtorch's cache, and the most that was in tensors so far. Zeros for the processor.
struct DeviceMemory {
  int64_t in_use = 0;
  int64_t reserved = 0;
  int64_t peak = 0;
};
DeviceMemory memory_of(at::Device device);

/// Waits until the device has done all it was told.
void synchronize(at::Device device);

#ifdef INTERFUSE_DEVICES
/// While it exists, kernels that have a form with the same bits at every run take it; without it FlashAttention does not. A
/// kernel without such a form is an error then, in other threads too.
struct OnlyDeterministic {
  OnlyDeterministic();
  ~OnlyDeterministic();
};

/// A tensor for the processor's memory from which copies to `device` need not be waited for.
Tensor staging_memory(at::IntArrayRef sizes, at::ScalarType type, at::Device device);

/// The values on `device`; the copy is not waited for.
Tensor upload(const Ints& values, at::Device device);
Tensor upload(const std::vector<int32_t>& values, at::Device device);
#endif

}  // namespace interfuse
