// Rows of a table by id, and their gradient.
#pragma once

#include "types.h"

namespace interfuse {

/// Rows of weight [V, D] by ids [L]: float32 [L, D]. @throws c10::Error for an id outside [0, V)
Tensor embedding(const Stored& weight, const Tensor& ids);

/// dW [vocab_size, D]: rows of dy [L, D] added up by id, in the order of the rows.
Tensor embedding_grad(const Stored& dy, const Tensor& ids, int64_t vocab_size);

/// Overwrites rows of buffer [S, ..] with `rows` [R, ..] at `slots`, in place.
void write_rows(const Stored& buffer, const Stored& rows, Int32Span slots);

}  // namespace interfuse
