// Kernels by device, for the tables: `BY_DEVICE(attention)` binds `attention` for the processor and `aten::attention` for
// other devices, where libtorch has the interfaces for these.
#pragma once

#include "../aten/forms.h"
#include "bind.h"

#ifdef INTERFUSE_DEVICES
#define BY_DEVICE(function) bind_forms<function, aten::function>
#else
#define BY_DEVICE(function) bind<function>
#endif
