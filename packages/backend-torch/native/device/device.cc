#include "device.h"

#include <ATen/ATen.h>
#ifdef INTERFUSE_DEVICES
#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#endif

#include <array>
#include <cstring>

namespace interfuse {

#ifdef INTERFUSE_DEVICES

namespace {

/// Types that "auto" looks for. PrivateUse1 is whatever a program has registered with libtorch.
constexpr std::array<at::DeviceType, 2> kAccelerators{at::kCUDA, at::kPrivateUse1};

const c10::impl::DeviceGuardImplInterface* interface_of(at::DeviceType type) {
  return c10::impl::device_guard_impl_registry[static_cast<size_t>(type)].load();
}

int64_t count_of(at::DeviceType type) {
  const auto* devices = interface_of(type);
  return devices == nullptr ? 0 : devices->deviceCount();
}

/// Why there is no device of a type: what libtorch says when it is asked to start with it.
std::string reason_for_none(at::DeviceType type) {
  const std::string name = c10::DeviceTypeName(type, /*lower_case=*/true);
  if (interface_of(type) == nullptr) return "this libtorch is built without " + name;
  try {
    at::globalContext().lazyInitDevice(type);
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    return message.substr(0, message.find('\n'));
  }
  return "libtorch finds no " + name + " device";
}

at::Device automatic_device() {
  for (const at::DeviceType type : kAccelerators) {
    if (count_of(type) > 0) return {type, 0};
  }
  return at::kCPU;
}

at::Device named_device(const std::string& name) {
  at::Device device(name);
  if (device.is_cpu()) return at::kCPU;
  const int64_t count = count_of(device.type());
  TORCH_CHECK(count > 0, "there is no ", name, ": ", reason_for_none(device.type()));
  if (!device.has_index()) device.set_index(0);
  TORCH_CHECK(device.index() < count, "there is no ", name, ": the machine has ", count, " such device",
              count == 1 ? "" : "s");
  return device;
}

/// What libtorch warns of is not for a library to print.
struct NoWarnings : c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

/// Settings that belong to computing on an accelerator: of the whole process, and of the calling thread.
void configure() {
  static NoWarnings silent;
  c10::WarningUtils::set_warning_handler(&silent);
  auto& context = at::globalContext();
  // The same bits at every run, where a kernel has a form for that.
  context.setDeterministicAlgorithms(true, /*warn_only=*/true);
  context.setDeterministicFillUninitializedMemory(false);
  // float32 means float32: products have TF32 off by default, convolutions on.
  context.setAllowTF32CuDNN(false);
}

template <typename T>
Tensor uploaded(const std::vector<T>& values, at::ScalarType type, at::Device device) {
  const Tensor staging = staging_memory({static_cast<int64_t>(values.size())}, type, device);
  if (!values.empty()) std::memcpy(staging.data_ptr(), values.data(), values.size() * sizeof(T));
  return staging.to(device, /*non_blocking=*/true);
}

}  // namespace

at::Device choose_device(const std::string& name) {
  const at::Device device = name == "auto" ? automatic_device() : named_device(name);
  if (device.is_cpu()) return device;
  configure();
  at::globalContext().lazyInitDevice(device.type());
  interface_of(device.type())->setDevice(device);
  return device;
}

std::string why_no_accelerator() { return automatic_device().is_cpu() ? reason_for_none(at::kCUDA) : ""; }

DeviceMemory memory_of(at::Device device) {
  if (device.is_cpu()) return {};
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  const auto& used = stats.allocated_bytes[0];  // of blocks of any size
  return {used.current, stats.reserved_bytes[0].current, used.peak};
}

void synchronize(at::Device device) {
  if (!device.is_cpu()) interface_of(device.type())->synchronizeDevice(device.index());
}

OnlyDeterministic::OnlyDeterministic() { at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false); }
OnlyDeterministic::~OnlyDeterministic() { at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true); }

Tensor staging_memory(at::IntArrayRef sizes, at::ScalarType type, at::Device device) {
  return at::empty(sizes, at::TensorOptions().dtype(type).pinned_memory(!device.is_cpu()));
}

Tensor upload(const Ints& values, at::Device device) { return uploaded(values, at::kLong, device); }

Tensor upload(const std::vector<int32_t>& values, at::Device device) { return uploaded(values, at::kInt, device); }

#else  // a libtorch without the interfaces that are needed

at::Device choose_device(const std::string& name) {
  TORCH_CHECK(name == "auto" || name == "cpu", "there is no ", name, ": ", why_no_accelerator());
  return at::kCPU;
}

std::string why_no_accelerator() { return "computing elsewhere than on the processor needs libtorch 2.10 or newer"; }

DeviceMemory memory_of(at::Device) { return {}; }

void synchronize(at::Device) {}

#endif

}  // namespace interfuse
