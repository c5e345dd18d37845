#include "environment.h"

#include <c10/util/Exception.h>

#include <limits>

#include "../device/device.h"

namespace interfuse {

Environment& Environment::of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

bool Environment::create(napi_env env) {
  auto* environment = new Environment();
  const auto destroy = [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); };
  return napi_set_instance_data(env, environment, destroy, nullptr) == napi_ok;
}

int32_t Environment::add(Tensor tensor) {
  int32_t handle;
  if (free_.empty()) {
    handle = static_cast<int32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  slots_[handle].tensor = std::move(tensor);
  ++in_use_;
  return handle;
}

Slot& Environment::slot(int32_t handle) {
  TORCH_CHECK(handle >= 0 && handle < static_cast<int32_t>(slots_.size()) && slots_[handle].tensor.defined(),
              "no tensor behind handle ", handle, " (was it disposed?)");
  return slots_[handle];
}

void Environment::release(int32_t handle) {
  slot(handle) = Slot{};
  free_.push_back(handle);
  --in_use_;
}

void Environment::release_all() {
  slots_.clear();
  free_.clear();
  in_use_ = 0;
}

void Environment::use_device(const std::string& name) {
  const at::Device chosen = choose_device(name);
  if (chosen == device_) return;
  for (Slot& slot : slots_) {
    if (!slot.tensor.defined()) continue;
    slot.tensor = slot.tensor.to(chosen);
    slot.bfloat16 = Tensor();
  }
  device_ = chosen;
}

void Environment::keep_meta(napi_env env, napi_value array, int32_t* data) {
  if (meta_array_ != nullptr) napi_delete_reference(env, meta_array_);
  napi_create_reference(env, array, 1, &meta_array_);
  meta_ = data;
}

void Environment::report(const std::vector<Tensor>& outputs) {
  int64_t needed = 1;
  for (const Tensor& output : outputs) {
    TORCH_CHECK(output.device() == device_, "the result is on ", output.device(), ", this thread computes on ", device_);
    needed += 3 + output.dim();
    for (const int64_t size : output.sizes()) {
      TORCH_CHECK(size <= std::numeric_limits<int32_t>::max(), "the result's shape ", output.sizes(),
                  " has an axis of more than 2^31 - 1");
    }
  }
  TORCH_CHECK(needed <= kMetaLength, "too many results in one call: ", outputs.size());
  meta_[0] = static_cast<int32_t>(outputs.size());
  int32_t* at = meta_ + 1;
  for (const Tensor& output : outputs) at = report_one(output, at);
}

int32_t* Environment::report_one(const Tensor& output, int32_t* at) {
  const TypeCode code = type_code(output.scalar_type());
  *at++ = add(output);
  *at++ = static_cast<int32_t>(code);
  *at++ = static_cast<int32_t>(output.dim());
  for (const int64_t size : output.sizes()) *at++ = static_cast<int32_t>(size);
  return at;
}

}  // namespace interfuse
