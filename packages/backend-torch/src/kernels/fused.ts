import type * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

/** The fused operations of a transformer; `@interfuse/tensor` defines what each computes. */
export function registerFusedKernels(addon: Addon): void {
  registerSimple(addon);
  registerAttention(addon);
  registerImageLayers(addon);
}

/** Kernels whose inputs are passed on in order, with at most one attribute behind them. */
function registerSimple(addon: Addon): void {
  registerLinear(addon);
  registerOne(addon, "LinearGradInput", ["dy", "weight"]);
  registerOne(addon, "LinearGradWeight", ["dy", "x"]);
  registerOne(addon, "LinearGradBias", ["dy"]);
  registerMany<{ epsilon: number }>(addon, "RmsNorm", ["x", "weight"], (attrs) => [attrs.epsilon]);
  registerMany(addon, "RmsNormGrad", ["dy", "x", "weight", "inverseRms"]);
  registerOne<{ inverse: boolean; numHeads: number }>(addon, "RotaryEmbedding", ["x", "table"], (attrs) => [
    attrs.inverse,
    attrs.numHeads,
  ]);
  registerNormedRotary(addon);
  registerOne(addon, "SwiGlu", ["x"]);
  registerOne(addon, "SwiGluGrad", ["dy", "x"]);
  registerSwigluLinear(addon);
  registerOne(addon, "Embedding", ["weight", "ids"]);
  registerOne<{ vocabSize: number }>(addon, "EmbeddingGrad", ["dy", "ids"], (attrs) => [attrs.vocabSize]);
  registerMany(addon, "CrossEntropy", ["logits", "targets"]);
  registerOne(addon, "CrossEntropyGrad", ["dy", "logits", "targets", "logSumExp"]);
}

type Extra<Attributes> = (attrs: Attributes) => (number | boolean)[];

function registerOne<Attributes>(
  addon: Addon,
  name: string,
  names: readonly string[],
  extra?: Extra<Attributes>,
): void {
  const native = addon.kernel(name);
  defineKernel<Attributes>(name, ({ backend, inputs, attrs }) => {
    native(...names.map((key) => backend.handle(input(inputs, key))), ...(extra?.(attrs) ?? []));
    return backend.output();
  });
}

function registerMany<Attributes>(
  addon: Addon,
  name: string,
  names: readonly string[],
  extra?: Extra<Attributes>,
): void {
  const native = addon.kernel(name);
  defineKernel<Attributes>(name, ({ backend, inputs, attrs }) => {
    native(...names.map((key) => backend.handle(input(inputs, key))), ...(extra?.(attrs) ?? []));
    return backend.outputs();
  });
}

function registerLinear(addon: Addon): void {
  const linear = addon.kernel("Linear");
  defineKernel<{ float32Output?: boolean }>("Linear", ({ backend, inputs, attrs }) => {
    linear(
      backend.handle(input(inputs, "x")),
      backend.handle(input(inputs, "weight")),
      backend.optionalHandle(inputs.bias),
      backend.optionalHandle(inputs.residual),
      attrs.float32Output === true,
    );
    return backend.output();
  });
}

function registerSwigluLinear(addon: Addon): void {
  const swigluLinear = addon.kernel("SwiGluLinear");
  defineKernel<{ float32Output: boolean }>("SwiGluLinear", ({ backend, inputs, attrs }) => {
    const [x, weight] = [backend.handle(input(inputs, "x")), backend.handle(input(inputs, "weight"))];
    swigluLinear(x, weight, backend.optionalHandle(inputs.residual), attrs.float32Output);
    return backend.output();
  });
  registerMany(addon, "SwiGluLinearGrad", ["dy", "x", "weight"]);
}

interface NormedRotaryAttributes {
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly epsilon: number;
}

function registerNormedRotary(addon: Addon): void {
  const weights = ["queryWeight", "keyWeight"];
  registerMany<NormedRotaryAttributes>(addon, "NormedRotary", ["x", "table", ...weights], (attrs) => [
    attrs.numHeads,
    attrs.numKvHeads,
    attrs.epsilon,
  ]);
  const inputs = ["dy", "x", "table", ...weights, "inverseRms"];
  registerMany<NormedRotaryAttributes>(addon, "NormedRotaryGrad", inputs, (attrs) => [
    attrs.numHeads,
    attrs.numKvHeads,
  ]);
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

interface GroupedConvolutionAttributes {
  readonly strides: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly groups: number;
  readonly inputShape: number[];
  readonly weightShape: number[];
}

/** Stands for the output's size where a gradient always has it. */
const WHOLE = Number.MAX_SAFE_INTEGER;

/** In the order of `native/operations/convolution.h`. */
function geometryOf({ strides, padding, groups }: GroupedConvolutionAttributes): number[] {
  return [...strides, ...padding[0], ...padding[1], ...[1, 1], groups, 0, ...[WHOLE, WHOLE]];
}

function registerImageLayers(addon: Addon): void {
  const norm = addon.kernel("GroupNorm");
  defineKernel<GroupNormAttributes>("GroupNorm", ({ backend, inputs, attrs }) => {
    const handles = ["x", "weight", "bias"].map((name) => backend.handle(input(inputs, name)));
    norm(...handles, attrs.groups, attrs.epsilon, attrs.activation === "silu");
    return backend.outputs();
  });
  const moments = addon.kernel("GroupMoments");
  defineKernel<{ readonly groups: number }>("GroupMoments", ({ backend, inputs, attrs }) => {
    moments(backend.handle(input(inputs, "x")), attrs.groups);
    return backend.outputs();
  });
  const normWith = addon.kernel("GroupNormWith");
  defineKernel<GroupNormAttributes>("GroupNormWith", ({ backend, inputs, attrs }) => {
    const handles = ["x", "weight", "bias", "mean", "variance"].map((name) => backend.handle(input(inputs, name)));
    normWith(...handles, attrs.groups, attrs.epsilon, attrs.activation === "silu");
    return backend.output();
  });
  const normGrad = addon.kernel("GroupNormGrad");
  defineKernel<GroupNormAttributes>("GroupNormGrad", ({ backend, inputs, attrs }) => {
    const handles = ["dy", "x", "weight", "bias", "mean", "inverseStd"].map((name) =>
      backend.handle(input(inputs, name)),
    );
    normGrad(...handles, attrs.groups, attrs.activation === "silu");
    return backend.outputs();
  });
  const convolution = addon.kernel("GroupedConv2d");
  defineKernel<GroupedConvolutionAttributes>("GroupedConv2d", ({ backend, inputs, attrs }) => {
    convolution(
      backend.handle(input(inputs, "x")),
      backend.handle(input(inputs, "weight")),
      backend.optionalHandle(inputs.bias),
      backend.optionalHandle(inputs.residual),
      geometryOf(attrs),
    );
    return backend.output();
  });
  const gradInput = addon.kernel("GroupedConv2dGradInput");
  defineKernel<GroupedConvolutionAttributes>("GroupedConv2dGradInput", ({ backend, inputs, attrs }) => {
    gradInput(
      backend.handle(input(inputs, "dy")),
      backend.handle(input(inputs, "weight")),
      attrs.inputShape,
      geometryOf(attrs),
    );
    return backend.output();
  });
  const gradWeight = addon.kernel("GroupedConv2dGradWeight");
  defineKernel<GroupedConvolutionAttributes>("GroupedConv2dGradWeight", ({ backend, inputs, attrs }) => {
    gradWeight(
      backend.handle(input(inputs, "dy")),
      backend.handle(input(inputs, "x")),
      attrs.weightShape,
      geometryOf(attrs),
    );
    return backend.output();
  });
}
