#include <ATen/ATen.h>

#include "../operations/elementwise.h"
#include "../operations/reduction.h"
#include "forms.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> elementwise_entries() {
  return {
      // one input
      {"Abs", bind<of_numbers<at::abs>>},
      {"Acos", bind<at::acos>},
      {"Acosh", bind<at::acosh>},
      {"Asin", bind<at::asin>},
      {"Asinh", bind<at::asinh>},
      {"Atan", bind<at::atan>},
      {"Atanh", bind<at::atanh>},
      {"Ceil", bind<at::ceil>},
      {"Cos", bind<at::cos>},
      {"Cosh", bind<at::cosh>},
      {"Elu", bind<elu>},
      {"Erf", bind<at::erf>},
      {"Exp", bind<at::exp>},
      {"Expm1", bind<at::expm1>},
      {"Floor", bind<at::floor>},
      {"IsFinite", bind<at::isfinite>},
      {"IsInf", bind<at::isinf>},
      {"IsNan", bind<at::isnan>},
      {"Log", bind<at::log>},
      {"Log1p", bind<at::log1p>},
      {"LogicalNot", bind<at::logical_not>},
      {"Neg", bind<of_numbers<at::neg>>},
      {"Reciprocal", bind<at::reciprocal>},
      {"Relu", bind<of_numbers<at::relu>>},
      {"Relu6", bind<of_numbers<relu6>>},
      {"Rsqrt", bind<at::rsqrt>},
      {"Selu", bind<of_floats<at::selu>>},
      {"Sigmoid", bind<at::sigmoid>},
      {"Sign", bind<at::sign>},
      {"Sin", bind<at::sin>},
      {"Sinh", bind<at::sinh>},
      {"Softplus", bind<of_floats<softplus>>},
      {"Sqrt", bind<at::sqrt>},
      {"Square", bind<of_numbers<at::square>>},
      {"Tan", bind<at::tan>},
      {"Tanh", bind<at::tanh>},
      {"Round", bind<of_numbers<at::round>>},
      {"ComplexAbs", bind<complex_abs>},
      {"Real", bind<real_part>},
      {"Imag", bind<imaginary_part>},
      // one input and numbers
      {"Cast", bind<cast>},
      {"ClipByValue", bind<clip>},
      {"LeakyRelu", bind<leaky_relu>},
      {"Step", BY_DEVICE(step)},
      // two inputs
      {"Add", bind<add>},
      {"Atan2", bind<at::atan2>},
      {"BitwiseAnd", bind<bitwise_and>},
      {"Complex", bind<complex_from>},
      {"EluGrad", bind<elu_grad>},
      {"Equal", bind<equal>},
      {"FloorDiv", bind<floor_div>},
      {"Greater", bind<greater>},
      {"GreaterEqual", bind<greater_equal>},
      {"Less", bind<less>},
      {"LessEqual", bind<less_equal>},
      {"LogicalAnd", bind<at::logical_and>},
      {"LogicalOr", bind<at::logical_or>},
      {"Maximum", bind<at::maximum>},
      {"Minimum", bind<at::minimum>},
      {"Mod", bind<floor_mod>},
      {"Multiply", bind<multiply>},
      {"NotEqual", bind<not_equal>},
      {"Pow", bind<power>},
      {"Prelu", bind<prelu>},
      {"RealDiv", bind<real_div>},
      {"SquaredDifference", bind<squared_difference>},
      {"Sub", bind<subtract>},
      // more
      {"AddN", bind<add_all>},
      {"Select", bind<select>},
      {"Where", bind<where>},
      // reductions
      {"All", bind<all_of>},
      {"Any", bind<any_of>},
      {"ArgMax", bind<arg_max>},
      {"ArgMin", bind<arg_min>},
      {"Cumprod", bind<cumulative_product>},
      {"Cumsum", bind<cumulative_sum>},
      {"LogSoftmax", bind<log_softmax>},
      {"Max", bind<maximum_of>},
      {"Mean", bind<mean>},
      {"Min", bind<minimum_of>},
      {"Prod", bind<product_of>},
      {"Softmax", bind<softmax>},
      {"Sum", bind<sum>},
      {"TopK", bind<top_k>},
  };
}

}  // namespace interfuse
