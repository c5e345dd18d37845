// A tiny addon without libtorch, loaded before it: some of libtorch's libraries read their settings from the
// environment in static constructors. JavaScript cannot do this from a worker, whose `process.env` is a copy.
#include <node_api.h>

#include <cstdlib>

namespace {

void set_default(const char* name, const char* value) { setenv(name, value, /*overwrite=*/0); }

napi_value prepare(napi_env, napi_callback_info) {
#if defined(__x86_64__)
  // OpenBLAS (libtorch of Linux distributions) falls back to AVX2 kernels on processors newer than itself.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
    set_default("OPENBLAS_CORETYPE", "SkylakeX");
#endif
#ifdef INTERFUSE_PASSIVE_WAIT
  // OpenBLAS brings threads of its own; OpenMP's must sleep between loops or the two spin against each other.
  set_default("OMP_WAIT_POLICY", "PASSIVE");
#else
  // GNU OpenMP's threads look for work for many milliseconds before they sleep. Where another program wants the processors,
  // a thread that only looks keeps out the one it waits for, and every small loop takes a time slice. This is some 1 ms,
  // longer than what lies between two kernels: with 50 us a training step took a tenth more.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) set_default("GOMP_SPINCOUNT", "20000");
#endif
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  napi_create_function(env, "prepare", NAPI_AUTO_LENGTH, prepare, nullptr, &function);
  napi_set_named_property(env, exports, "prepare", function);
  return exports;
}
