#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "../device/device.h"
#include "data.h"
#include "explain.h"
#ifdef INTERFUSE_DEVICES
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#endif

namespace interfuse {

namespace {

/// One copy under way. It holds a reference of its own to the tensor, so that in-place kernels leave the memory alone,
/// and keeps the array and the callback from the garbage collector.
struct Copy {
  Tensor from;  // in the processor's memory
#ifdef INTERFUSE_DEVICES
  std::optional<c10::Event> arrival;  // `from` is being filled by a device until then
#endif
  void* to = nullptr;
  std::string error;
  napi_ref array = nullptr;
  napi_ref done = nullptr;
  napi_async_work work = nullptr;
};

void execute(napi_env, void* data) {
  auto* copy = static_cast<Copy*>(data);
#ifdef INTERFUSE_DEVICES
  try {
    if (copy->arrival) copy->arrival->synchronize();
  } catch (const c10::Error& error) {
    copy->error = explained(error.what_without_backtrace());
    return;
  }
#endif
  std::memcpy(copy->to, copy->from.data_ptr(), copy->from.nbytes());
}

void complete(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Copy> copy(static_cast<Copy*>(data));
  napi_value done = nullptr, receiver = nullptr;
  napi_get_reference_value(env, copy->done, &done);
  napi_get_undefined(env, &receiver);
  napi_delete_reference(env, copy->done);
  napi_delete_reference(env, copy->array);
  napi_delete_async_work(env, copy->work);
  copy->from = Tensor();
  // Cancelled only when the thread ends, and nobody waits then.
  if (status != napi_ok) return;
  napi_value error = receiver;
  if (!copy->error.empty()) napi_create_string_utf8(env, copy->error.c_str(), copy->error.size(), &error);
  napi_call_function(env, receiver, done, 1, &error, nullptr);
}

/// The values of `from` on their way to the processor.
void fetch(Copy& copy, const Tensor& from) {
#ifdef INTERFUSE_DEVICES
  if (!from.is_cpu()) {
    copy.from = staging_memory(from.sizes(), from.scalar_type(), from.device());
    copy.from.copy_(from, /*non_blocking=*/true);
    copy.arrival.emplace(from.device().type());
    copy.arrival->record(c10::impl::VirtualGuardImpl(from.device().type()).getStream(from.device()));
    return;
  }
#endif
  copy.from = from.contiguous();
}

void check(napi_status status) { TORCH_CHECK(status == napi_ok, "the copy could not be started"); }

}  // namespace

napi_value read_later(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) {
    auto copy = std::make_unique<Copy>();
    fetch(*copy, call.next<Tensor>());
    const napi_value array = call.take();
    const Bytes bytes = typed_array_bytes(call.env(), array);
    TORCH_CHECK(copy->from.nbytes() == bytes.size, "got room for ", bytes.size, " bytes, the tensor has ",
                copy->from.nbytes());
    copy->to = bytes.data;
    napi_value name = nullptr;
    check(napi_create_reference(call.env(), array, 1, &copy->array));
    check(napi_create_reference(call.env(), call.take(), 1, &copy->done));
    check(napi_create_string_utf8(call.env(), "readLater", NAPI_AUTO_LENGTH, &name));
    check(napi_create_async_work(call.env(), nullptr, name, execute, complete, copy.get(), &copy->work));
    check(napi_queue_async_work(call.env(), copy.release()->work));
  });
  return nullptr;
}

}  // namespace interfuse
