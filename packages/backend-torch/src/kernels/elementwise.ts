import type * as tf from "@tensorflow/tfjs";
import { type Addon, TypeCode } from "../addon.ts";
import { defineKernel, input, inputList, type KernelCall } from "./define.ts";
import { takingStrings } from "./strings.ts";

// biome-ignore format: a list of names
const UNARY = [
  "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "ComplexAbs", "Cos", "Cosh", "Elu", "Erf", "Exp", "Expm1",
  "Floor", "IsFinite", "IsInf", "IsNan", "Log", "Log1p", "LogicalNot", "Neg", "OnesLike", "Reciprocal", "Relu", "Relu6",
  "Round", "Rsqrt", "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Sqrt", "Square", "Tan", "Tanh", "ZerosLike",
];

// biome-ignore format: a list of names
const BINARY = [
  "Add", "Atan2", "BitwiseAnd", "FloorDiv", "LogicalAnd", "LogicalOr", "Maximum", "Minimum", "Mod", "Multiply", "Pow",
  "RealDiv", "SquaredDifference", "Sub",
];

const COMPARISONS = ["Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "NotEqual"];

/** Kernels that compute element by element, with broadcasting where they take two inputs. */
export function registerElementwiseKernels(addon: Addon): void {
  for (const name of UNARY) {
    const native = addon.kernel(name);
    defineKernel(name, ({ backend, inputs }) => {
      native(backend.handle(input(inputs, "x")));
      return backend.output();
    });
  }
  for (const name of ["Real", "Imag"]) {
    const native = addon.kernel(name);
    defineKernel(name, ({ backend, inputs }) => {
      native(backend.handle(input(inputs, "input")));
      return backend.output();
    });
  }
  for (const name of BINARY) registerPair(addon, name, "a", "b");
  for (const name of COMPARISONS) registerComparison(addon, name);
  registerPair(addon, "Complex", "real", "imag");
  registerPair(addon, "EluGrad", "dy", "y");
  registerPair(addon, "Prelu", "x", "alpha");
  registerWithNumbers(addon);
  registerChoices(addon);
}

function registerPair(addon: Addon, name: string, first: string, second: string): void {
  const native = addon.kernel(name);
  defineKernel(name, ({ backend, inputs }) => {
    native(backend.handle(input(inputs, first)), backend.handle(input(inputs, second)));
    return backend.output();
  });
}

function registerComparison(addon: Addon, name: string): void {
  const native = addon.kernel(name);
  const compare = ({ backend, inputs }: KernelCall<object>): tf.TensorInfo => {
    native(backend.handle(input(inputs, "a")), backend.handle(input(inputs, "b")));
    return backend.output();
  };
  defineKernel(
    name,
    takingStrings(compare, () => false),
  );
}

function registerWithNumbers(addon: Addon): void {
  const clip = addon.kernel("ClipByValue");
  defineKernel<{ clipValueMin: number; clipValueMax: number }>("ClipByValue", ({ backend, inputs, attrs }) => {
    clip(backend.handle(input(inputs, "x")), attrs.clipValueMin, attrs.clipValueMax);
    return backend.output();
  });
  for (const name of ["LeakyRelu", "Step"]) {
    const native = addon.kernel(name);
    defineKernel<{ alpha: number }>(name, ({ backend, inputs, attrs }) => {
      native(backend.handle(input(inputs, "x")), attrs.alpha);
      return backend.output();
    });
  }
  const cast = addon.kernel("Cast");
  defineKernel<{ dtype: tf.DataType }>("Cast", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    if (x.dtype === attrs.dtype) return backend.shared(x);
    const code = TypeCode[attrs.dtype as keyof typeof TypeCode];
    if (code === undefined) throw new TypeError(`Cast: dtype "${attrs.dtype}" is not a numeric type`);
    cast(backend.handle(x), code);
    return backend.output();
  });
}

function registerChoices(addon: Addon): void {
  const select = addon.kernel("Select");
  defineKernel("Select", ({ backend, inputs }) => {
    select(...["condition", "t", "e"].map((name) => backend.handle(input(inputs, name))));
    return backend.output();
  });
  const where = addon.kernel("Where");
  defineKernel("Where", ({ backend, inputs }) => {
    where(backend.handle(input(inputs, "condition")));
    return backend.output();
  });
  const addAll = addon.kernel("AddN");
  defineKernel("AddN", ({ backend, inputs }) => {
    addAll(backend.handles(inputList(inputs)));
    return backend.output();
  });
}
