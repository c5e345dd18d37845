// Turns a computing function into a Node-API function: `bind<&add>` reads the C++ parameter types, unwraps one
// JavaScript argument for each, calls, stores the results in slots and reports them. C++ exceptions become Errors.
//
//   Tensor        handle, widened to float32        Stored       handle, storage kept; -1 = absent
//   optional<Tensor>  the same, -1 = absent         vector<Tensor>, vector<Stored>   array of handles
//   double, int64_t, bool, std::string              Ints         array of integers
//   vector<double>  array of numbers
//   Int32Span     Int32Array                        Precision, at::Device   no arguments: the thread's settings
//
// A kernel takes its tensors on the thread's device. `bind_forms` has one function for the processor and one for other
// devices; `bind_on_host` brings the tensors to the processor and the results back.
#pragma once

#include <node_api.h>

#include <tuple>
#include <type_traits>

#include "environment.h"

namespace interfuse {

/// One call from JavaScript: its arguments, unwrapped one by one.
class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  Environment& environment() { return environment_; }
  napi_env env() const { return env_; }

  /// The next argument as it is.
  napi_value take();

  template <typename T>
  T next();

  /// From now on tensors are taken in the processor's memory, and reported results may lie there.
  void use_host() { on_host_ = true; }
  void report(const std::vector<Tensor>& outputs);

  /// The tensors taken so far, as in " (inputs: float32[2,3], int32[])"; empty when there were none.
  std::string describe_inputs() const;

 private:
  static constexpr size_t kMaxArguments = 20;

  int32_t integer(napi_value value) const;
  uint32_t length(napi_value array) const;
  napi_value element(napi_value array, uint32_t index) const;
  Slot& slot(int32_t handle);
  Tensor widened_slot(int32_t handle) {
    const Tensor tensor = widened(slot(handle).tensor);
    return on_host_ ? tensor.cpu() : tensor;
  }
  Stored stored(int32_t handle) { return handle < 0 ? Stored{} : Stored{&slot(handle)}; }

  napi_env env_;
  Environment& environment_;
  size_t count_ = kMaxArguments;
  size_t position_ = 0;
  napi_value arguments_[kMaxArguments];
  /// Handles taken, for error messages.
  int32_t inputs_[kMaxArguments];
  size_t num_inputs_ = 0;
  bool on_host_ = false;
};

template <>
Tensor Call::next<Tensor>();
template <>
std::optional<Tensor> Call::next<std::optional<Tensor>>();
template <>
Stored Call::next<Stored>();
template <>
std::vector<Tensor> Call::next<std::vector<Tensor>>();
template <>
std::vector<Stored> Call::next<std::vector<Stored>>();
template <>
double Call::next<double>();
template <>
int64_t Call::next<int64_t>();
template <>
bool Call::next<bool>();
template <>
std::string Call::next<std::string>();
template <>
Ints Call::next<Ints>();
template <>
std::vector<double> Call::next<std::vector<double>>();
template <>
Int32Span Call::next<Int32Span>();
template <>
Precision Call::next<Precision>();
template <>
at::Device Call::next<at::Device>();

using Body = void (*)(Call&);

/// Runs `body`, translating every C++ exception into a pending JavaScript Error that names `kernel`.
void run_guarded(napi_env env, napi_callback_info info, Body body);

/// A named function of the addon.
struct Entry {
  const char* name;
  napi_callback callback;
};

namespace detail {

inline void report(Call& call, const Tensor& output) { call.report({output}); }
inline void report(Call& call, const std::vector<Tensor>& outputs) { call.report(outputs); }

template <typename Result, typename... Arguments>
void invoke(Call& call, Result (*function)(Arguments...)) {
  // Braces fix the order of evaluation: arguments are taken from left to right.
  std::tuple<std::decay_t<Arguments>...> arguments{call.next<std::decay_t<Arguments>>()...};
  if constexpr (std::is_void_v<Result>) {
    std::apply(function, std::move(arguments));
  } else {
    report(call, std::apply(function, std::move(arguments)));
  }
}

}  // namespace detail

template <auto Function>
napi_value bind(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) { detail::invoke(call, Function); });
  return nullptr;
}

/// The one place where a kernel's form is chosen.
template <auto ForProcessor, auto ForDevices>
napi_value bind_forms(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) {
    if (call.environment().device().is_cpu()) {
      detail::invoke(call, ForProcessor);
    } else {
      detail::invoke(call, ForDevices);
    }
  });
  return nullptr;
}

/// For kernels that no training step needs and that are loops with many branches.
template <auto Function>
napi_value bind_on_host(napi_env env, napi_callback_info info) {
  run_guarded(env, info, [](Call& call) {
    if (!call.environment().device().is_cpu()) call.use_host();
    detail::invoke(call, Function);
  });
  return nullptr;
}

}  // namespace interfuse
