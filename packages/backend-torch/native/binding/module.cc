// The addon's entry: one environment per JavaScript thread, and every function of the tables as an export.
#include "data.h"
#include "tables.h"

namespace interfuse {

namespace {

bool export_entries(napi_env env, napi_value exports, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    napi_value function = nullptr;
    void* name = const_cast<char*>(entry.name);
    if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, name, &function) != napi_ok ||
        napi_set_named_property(env, exports, entry.name, function) != napi_ok) {
      return false;
    }
  }
  return true;
}

}  // namespace

}  // namespace interfuse

NAPI_MODULE_INIT() {
  using namespace interfuse;
  raise_allocator_thresholds();
  const bool ok = Environment::create(env) && export_entries(env, exports, data_entries()) &&
                  export_entries(env, exports, elementwise_entries()) &&
                  export_entries(env, exports, shape_entries()) && export_entries(env, exports, network_entries()) &&
                  export_entries(env, exports, image_entries()) && export_entries(env, exports, fused_entries());
  if (!ok) napi_throw_error(env, nullptr, "backend-torch: the addon could not fill its exports");
  return exports;
}
