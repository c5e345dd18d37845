// Numbers for element types, shared with `src/native.ts`.
#pragma once

#include <ATen/core/Tensor.h>

namespace interfuse {

enum class TypeCode : int32_t { kFloat32 = 0, kInt32 = 1, kBool = 2, kComplex64 = 3, kBfloat16 = 4 };

/// @throws c10::Error for a type that TensorFlow.js lacks.
TypeCode type_code(at::ScalarType type);
at::ScalarType scalar_type(TypeCode code);
/// The type as TensorFlow.js calls it.
const char* type_name(at::ScalarType type);

}  // namespace interfuse
