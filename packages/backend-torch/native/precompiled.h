// What most files need of libtorch, compiled once per build by set-up (a precompiled header) and included before each
// file. Not its operations: what reads their headers costs every unit seconds, precompiled or not.
#pragma once

#include <ATen/core/Tensor.h>
