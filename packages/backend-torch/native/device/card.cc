#include "card.h"

#include <dlfcn.h>

namespace interfuse {

namespace {

// From CUDA's driver interface (cuda.h), which does not change.
constexpr int kSuccess = 0, kCapabilityMajor = 75, kCapabilityMinor = 76;
using Device = int;

struct Driver {
  Driver() : library(dlopen("libcuda.so.1", RTLD_LAZY)) {
    if (library == nullptr) return;
    find(init, "cuInit");
    find(get, "cuDeviceGet");
    find(get_name, "cuDeviceGetName");
    find(get_attribute, "cuDeviceGetAttribute");
    find(total_memory, "cuDeviceTotalMem_v2");
    is_ready = init != nullptr && get != nullptr && get_name != nullptr && get_attribute != nullptr &&
               total_memory != nullptr && init(0) == kSuccess;
  }

  template <typename Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library, name));
  }

  void* library;
  int (*init)(unsigned) = nullptr;
  int (*get)(Device*, int) = nullptr;
  int (*get_name)(char*, int, Device) = nullptr;
  int (*get_attribute)(int*, int, Device) = nullptr;
  int (*total_memory)(size_t*, Device) = nullptr;
  bool is_ready = false;
};

}  // namespace

std::optional<Card> nvidia_card(int index) {
  static const Driver driver;
  Device device = 0;
  char name[256] = "";
  size_t memory = 0;
  Card card;
  if (!driver.is_ready || driver.get(&device, index) != kSuccess ||
      driver.get_name(name, sizeof name, device) != kSuccess ||
      driver.get_attribute(&card.capability_major, kCapabilityMajor, device) != kSuccess ||
      driver.get_attribute(&card.capability_minor, kCapabilityMinor, device) != kSuccess ||
      driver.total_memory(&memory, device) != kSuccess) {
    return std::nullopt;
  }
  card.name = name;
  card.memory = static_cast<int64_t>(memory);
  return card;
}

}  // namespace interfuse
