/** The fused operations of transformers and image networks; `@interfuse/tensor` defines what each computes. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon, NativeArgument } from "../addon.ts";
import { defineKernel, input, type KernelCall } from "./define.ts";

/** Registers them with TensorFlow.js. */
export function registerFusedKernels(addon: Addon): void {
  registerTransformerLayers(addon);
  registerAttention(addon);
  registerGroupNorm(addon);
  registerGroupedConvolution(addon);
}

/** What is passed behind the inputs. */
type Settings<Attributes> = (attrs: Attributes) => readonly NativeArgument[];

/** A kernel with one result. Its inputs are passed in the order of `names`, those with a "?" where they are given; then its settings. */
function registerOne<Attributes>(
  addon: Addon,
  name: string,
  names: readonly string[],
  settings?: Settings<Attributes>,
): void {
  const call = inOrder(addon, name, names, settings);
  defineKernel<Attributes>(name, (kernelCall) => {
    call(kernelCall);
    return kernelCall.backend.output();
  });
}

/** The same for a kernel with several results. */
function registerMany<Attributes>(
  addon: Addon,
  name: string,
  names: readonly string[],
  settings?: Settings<Attributes>,
): void {
  const call = inOrder(addon, name, names, settings);
  defineKernel<Attributes>(name, (kernelCall) => {
    call(kernelCall);
    return kernelCall.backend.outputs();
  });
}

function inOrder<Attributes>(
  addon: Addon,
  name: string,
  names: readonly string[],
  settings: Settings<Attributes> = () => [],
): (call: KernelCall<Attributes>) => void {
  const native = addon.kernel(name);
  const keys = names.map((key) => ({ key: key.replace("?", ""), isOptional: key.endsWith("?") }));
  return ({ backend, inputs, attrs }) => {
    const handles = keys.map(({ key, isOptional }) =>
      isOptional ? backend.optionalHandle(inputs[key]) : backend.handle(input(inputs, key)),
    );
    native(...handles, ...settings(attrs));
  };
}

interface NormedRotaryAttributes {
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly epsilon: number;
}

function registerTransformerLayers(addon: Addon): void {
  registerOne<{ float32Output?: boolean }>(addon, "Linear", ["x", "weight", "bias?", "residual?"], (attrs) => [
    attrs.float32Output === true,
  ]);
  registerOne(addon, "LinearGradInput", ["dy", "weight"]);
  registerOne(addon, "LinearGradWeight", ["dy", "x"]);
  registerOne(addon, "LinearGradBias", ["dy"]);
  registerMany<{ epsilon: number }>(addon, "RmsNorm", ["x", "weight"], (attrs) => [attrs.epsilon]);
  registerMany(addon, "RmsNormGrad", ["dy", "x", "weight", "inverseRms"]);
  registerOne<{ inverse: boolean; numHeads: number }>(addon, "RotaryEmbedding", ["x", "table"], (attrs) => [
    attrs.inverse,
    attrs.numHeads,
  ]);
  const rotaryInputs = ["x", "table", "queryWeight", "keyWeight"];
  registerMany<NormedRotaryAttributes>(addon, "NormedRotary", rotaryInputs, (attrs) => [
    attrs.numHeads,
    attrs.numKvHeads,
    attrs.epsilon,
  ]);
  const rotaryGradInputs = ["dy", ...rotaryInputs, "inverseRms"];
  registerMany<NormedRotaryAttributes>(addon, "NormedRotaryGrad", rotaryGradInputs, (attrs) => [
    attrs.numHeads,
    attrs.numKvHeads,
  ]);
  registerOne(addon, "SwiGlu", ["x"]);
  registerOne(addon, "SwiGluGrad", ["dy", "x"]);
  registerOne<{ float32Output: boolean }>(addon, "SwiGluLinear", ["x", "weight", "residual?"], (attrs) => [
    attrs.float32Output,
  ]);
  registerMany(addon, "SwiGluLinearGrad", ["dy", "x", "weight"]);
  registerOne(addon, "Embedding", ["weight", "ids"]);
  registerOne<{ vocabSize: number }>(addon, "EmbeddingGrad", ["dy", "ids"], (attrs) => [attrs.vocabSize]);
  registerMany(addon, "CrossEntropy", ["logits", "targets"]);
  registerOne(addon, "CrossEntropyGrad", ["dy", "logits", "targets", "logSumExp"]);
}

interface AttentionAttributes {
  /** [L, 4]: query i sees keys [r0, r1) and [r2, r3). */
  readonly keyRanges: Int32Array;
  readonly scale: number;
}

function registerAttention(addon: Addon): void {
  const attention = addon.kernel("Attention");
  defineKernel<AttentionAttributes>("Attention", ({ backend, inputs, attrs }) => {
    const { query, key, value } = inputs as Record<"query" | "key" | "value", tf.TensorInfo>;
    checkRanges(attrs.keyRanges, query);
    attention(backend.handle(query), backend.handle(key), backend.handle(value), attrs.keyRanges, attrs.scale);
    return backend.outputs();
  });
  const grad = addon.kernel("AttentionGrad");
  const names = ["dy", "query", "key", "value", "output", "logSumExp"];
  defineKernel<AttentionAttributes>("AttentionGrad", ({ backend, inputs, attrs }) => {
    checkRanges(attrs.keyRanges, input(inputs, "query"));
    grad(...names.map((name) => backend.handle(input(inputs, name))), attrs.keyRanges, attrs.scale);
    return backend.outputs();
  });
}

function checkRanges(keyRanges: Int32Array, query: tf.TensorInfo): void {
  if (keyRanges.length === 4 * (query.shape[0] as number)) return;
  throw new RangeError(
    `Attention: keyRanges has ${keyRanges.length} numbers, query has ${query.shape[0]} rows; give four a row`,
  );
}

interface GroupNormAttributes {
  readonly groups: number;
  readonly epsilon: number;
  readonly activation: "none" | "silu";
}

function registerGroupNorm(addon: Addon): void {
  const layer = ["x", "weight", "bias"];
  const settings = ({ groups, epsilon, activation }: GroupNormAttributes) => [groups, epsilon, activation === "silu"];
  registerMany(addon, "GroupNorm", layer, settings);
  registerMany<{ groups: number }>(addon, "GroupMoments", ["x"], (attrs) => [attrs.groups]);
  registerOne(addon, "GroupNormWith", [...layer, "mean", "variance"], settings);
  const gradInputs = ["dy", ...layer, "mean", "inverseStd"];
  registerMany<GroupNormAttributes>(addon, "GroupNormGrad", gradInputs, (attrs) => [
    attrs.groups,
    attrs.activation === "silu",
  ]);
}

interface GroupedConvolutionAttributes {
  readonly strides: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly groups: number;
  readonly inputShape: number[];
  readonly weightShape: number[];
}

function registerGroupedConvolution(addon: Addon): void {
  const register = (name: string, names: readonly string[], settings: Settings<GroupedConvolutionAttributes>) =>
    registerOne(addon, name, names, settings);
  register("GroupedConv2d", ["x", "weight", "bias?", "residual?"], (attrs) => [geometryOf(attrs)]);
  register("GroupedConv2dGradInput", ["dy", "weight"], (attrs) => [attrs.inputShape, geometryOf(attrs)]);
  register("GroupedConv2dGradWeight", ["dy", "x"], (attrs) => [attrs.weightShape, geometryOf(attrs)]);
}

/** Stands for the output's size where a gradient always has it. */
const WHOLE = Number.MAX_SAFE_INTEGER;

/** In the order of `native/operations/convolution.h`. */
function geometryOf({ strides, padding, groups }: GroupedConvolutionAttributes): number[] {
  return [...strides, ...padding[0], ...padding[1], ...[1, 1], groups, 0, ...[WHOLE, WHOLE]];
}
