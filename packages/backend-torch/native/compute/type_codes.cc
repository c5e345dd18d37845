#include "type_codes.h"

#include <c10/util/Exception.h>

namespace interfuse {

TypeCode type_code(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return TypeCode::kFloat32;
    case at::kInt:
      return TypeCode::kInt32;
    case at::kBool:
      return TypeCode::kBool;
    case at::kComplexFloat:
      return TypeCode::kComplex64;
    case at::kBFloat16:
      return TypeCode::kBfloat16;
    default:
      TORCH_CHECK(false, "a kernel returned the type ", c10::toString(type), ", which TensorFlow.js lacks");
  }
}

const char* type_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
    case at::kBFloat16:
      return "float32";
    case at::kInt:
      return "int32";
    case at::kBool:
      return "bool";
    case at::kComplexFloat:
      return "complex64";
    default:
      return c10::toString(type);
  }
}

at::ScalarType scalar_type(TypeCode code) {
  switch (code) {
    case TypeCode::kFloat32:
      return at::kFloat;
    case TypeCode::kInt32:
      return at::kInt;
    case TypeCode::kBool:
      return at::kBool;
    case TypeCode::kComplex64:
      return at::kComplexFloat;
    case TypeCode::kBfloat16:
      return at::kBFloat16;
  }
  TORCH_CHECK(false, "unknown type code ", static_cast<int32_t>(code));
}

}  // namespace interfuse
