// The functions of MKL's vector mathematics, which libtorch calls for large tensors from several threads.
#pragma once

namespace interfuse {

/// Calls each of them once on the calling thread. MKL chooses a function's code for the processor and the accuracy asked for
/// when it is first called, and a second thread in that moment may get code that is right to 12 bits only (github.com/pytorch/
/// pytorch/issues/188792). Processes would differ in their first step.
void resolve_vector_functions();

}  // namespace interfuse
