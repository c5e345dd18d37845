// What most files need of libtorch, compiled once per build by set-up (a precompiled header) and included before each
// file. Files that compute on plain pointers compile the same without it.
#pragma once

#include <ATen/ATen.h>
