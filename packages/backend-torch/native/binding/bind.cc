#include "bind.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <limits>

#include "../compute/specified_error.h"
#include "explain.h"

namespace interfuse {

namespace {

void check(napi_status status, const char* expected) { TORCH_CHECK(status == napi_ok, "expected ", expected); }

/// A number as it is, but an infinity where float32 has none so large; ATen would refuse it.
double within_float32(double number) {
  if (!(std::abs(number) > std::numeric_limits<float>::max())) return number;
  return std::copysign(std::numeric_limits<double>::infinity(), number);
}

/// The error says which kernel failed, why and on what.
void throw_error(const Call& call, const char* kernel, const std::string& message) {
  const std::string text = std::string(kernel) + ": " + explained(message) + call.describe_inputs();
  napi_throw_error(call.env(), nullptr, text.c_str());
}

}  // namespace

Call::Call(napi_env env, napi_callback_info info) : env_(env), environment_(Environment::of(env)) {
  napi_get_cb_info(env, info, &count_, arguments_, nullptr, nullptr);
}

Slot& Call::slot(int32_t handle) {
  Slot& found = environment_.slot(handle);
  if (num_inputs_ < kMaxArguments) inputs_[num_inputs_++] = handle;
  return found;
}

std::string Call::describe_inputs() const {
  if (num_inputs_ == 0) return "";
  std::string text;
  for (size_t i = 0; i < num_inputs_; ++i) {
    const Tensor& tensor = environment_.slot(inputs_[i]).tensor;
    std::string sizes;
    for (const int64_t size : tensor.sizes()) sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    text += (i == 0 ? " (inputs: " : ", ") + std::string(type_name(tensor.scalar_type())) + "[" + sizes + "]";
  }
  return text + ")";
}

void Call::report(const std::vector<Tensor>& outputs) {
  if (!on_host_) return environment_.report(outputs);
  std::vector<Tensor> moved;
  for (const Tensor& output : outputs) moved.push_back(output.to(environment_.device()));
  environment_.report(moved);
}

napi_value Call::take() {
  TORCH_CHECK(position_ < count_, "argument ", position_ + 1, " is missing");
  return arguments_[position_++];
}

int32_t Call::integer(napi_value value) const {
  int32_t result = 0;
  check(napi_get_value_int32(env_, value, &result), "a number");
  return result;
}

uint32_t Call::length(napi_value array) const {
  uint32_t result = 0;
  check(napi_get_array_length(env_, array, &result), "an array");
  return result;
}

napi_value Call::element(napi_value array, uint32_t index) const {
  napi_value result = nullptr;
  check(napi_get_element(env_, array, index, &result), "an array element");
  return result;
}

template <>
Tensor Call::next<Tensor>() {
  return widened_slot(integer(take()));
}

template <>
std::optional<Tensor> Call::next<std::optional<Tensor>>() {
  const int32_t handle = integer(take());
  if (handle < 0) return std::nullopt;
  return widened_slot(handle);
}

template <>
Stored Call::next<Stored>() {
  return stored(integer(take()));
}

template <>
std::vector<Tensor> Call::next<std::vector<Tensor>>() {
  const napi_value array = take();
  std::vector<Tensor> result;
  const uint32_t count = length(array);
  result.reserve(count);
  for (uint32_t i = 0; i < count; ++i) result.push_back(widened_slot(integer(element(array, i))));
  return result;
}

template <>
std::vector<Stored> Call::next<std::vector<Stored>>() {
  const napi_value array = take();
  std::vector<Stored> result;
  const uint32_t count = length(array);
  result.reserve(count);
  for (uint32_t i = 0; i < count; ++i) result.push_back(stored(integer(element(array, i))));
  return result;
}

template <>
double Call::next<double>() {
  double result = 0;
  check(napi_get_value_double(env_, take(), &result), "a number");
  return within_float32(result);
}

template <>
int64_t Call::next<int64_t>() {
  int64_t result = 0;
  check(napi_get_value_int64(env_, take(), &result), "a number");
  return result;
}

template <>
bool Call::next<bool>() {
  bool result = false;
  check(napi_get_value_bool(env_, take(), &result), "a boolean");
  return result;
}

template <>
std::string Call::next<std::string>() {
  const napi_value value = take();
  size_t size = 0;
  check(napi_get_value_string_utf8(env_, value, nullptr, 0, &size), "a string");
  std::string result(size, '\0');
  napi_get_value_string_utf8(env_, value, result.data(), size + 1, &size);
  return result;
}

template <>
Ints Call::next<Ints>() {
  const napi_value array = take();
  const uint32_t count = length(array);
  Ints result(count);
  for (uint32_t i = 0; i < count; ++i) {
    check(napi_get_value_int64(env_, element(array, i), &result[i]), "an array of integers");
  }
  return result;
}

template <>
std::vector<double> Call::next<std::vector<double>>() {
  const napi_value array = take();
  const uint32_t count = length(array);
  std::vector<double> result(count);
  for (uint32_t i = 0; i < count; ++i) {
    check(napi_get_value_double(env_, element(array, i), &result[i]), "an array of numbers");
  }
  return result;
}

template <>
Int32Span Call::next<Int32Span>() {
  napi_typedarray_type type;
  size_t size = 0;
  void* data = nullptr;
  check(napi_get_typedarray_info(env_, take(), &type, &size, &data, nullptr, nullptr), "an Int32Array");
  TORCH_CHECK(type == napi_int32_array, "expected an Int32Array");
  return {static_cast<const int32_t*>(data), static_cast<int64_t>(size)};
}

template <>
Precision Call::next<Precision>() {
  return environment_.precision;
}

template <>
at::Device Call::next<at::Device>() {
  return environment_.device();
}

void run_guarded(napi_env env, napi_callback_info info, Body body) {
  // The function's name is its data pointer, set when the module was filled.
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  const char* kernel = static_cast<const char*>(data);
  Call call(env, info);
  try {
    const c10::InferenceMode no_gradients;
    body(call);
  } catch (const SpecifiedError& error) {
    napi_throw_error(env, nullptr, error.what());
  } catch (const c10::Error& error) {
    throw_error(call, kernel, error.what_without_backtrace());
  } catch (const std::exception& error) {
    throw_error(call, kernel, error.what());
  } catch (...) {
    throw_error(call, kernel, "unknown C++ exception");
  }
}

}  // namespace interfuse
