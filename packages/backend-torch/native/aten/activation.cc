#include <ATen/ATen.h>

#include "forms.h"

namespace interfuse::aten {

namespace {

/// The two halves of the last axis.
struct Halves {
  Tensor gate;
  Tensor up;
};

Halves halves_of(const Tensor& x) {
  const int64_t size = x.size(1) / 2;
  return {x.narrow(1, 0, size).to(at::kFloat), x.narrow(1, size, size).to(at::kFloat)};
}

}  // namespace

Tensor swiglu(const Stored& x, Precision precision) {
  require_float(x);
  const auto [gate, up] = halves_of(x.tensor());
  return at::silu(gate).mul_(up).to(activation_type(precision));
}

Tensor swiglu_grad(const Stored& dy, const Stored& x, Precision precision) {
  require_floats(dy, x);
  const auto [gate, up] = halves_of(x.tensor());
  const Tensor gradient = widened(dy.tensor());
  const Tensor dx = at::empty(x.tensor().sizes(), x.tensor().options().dtype(activation_type(precision)),
                              at::MemoryFormat::Contiguous);
  const int64_t size = gate.size(1);
  dx.narrow(1, 0, size).copy_(at::silu_backward(gradient * up, gate));
  dx.narrow(1, size, size).copy_(at::silu(gate).mul_(gradient));
  return dx;
}

std::vector<Tensor> swiglu_grad_and_value(const Stored& dy, const Stored& x, Precision precision) {
  return {aten::swiglu_grad(dy, x, precision), aten::swiglu(x, precision)};
}

}  // namespace interfuse::aten
