import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { setTorchPrecision, type TorchPrecision } from "../register.ts";
import { numbers, useTorch } from "../testing.ts";

// Convolutions in bf16 (native/compute/bfloat16_convolution.h), against the same kernels in f32. What a processor's own way does
// not cover goes through libtorch, and passes too.

beforeAll(useTorch);
afterEach(() => setTorchPrecision("f32"));

type Padding = readonly [readonly [number, number], readonly [number, number]];

interface Case {
  /** Batch, height, width, channels. */
  readonly images: readonly [number, number, number, number];
  readonly kernel: readonly [number, number];
  readonly outputs: number;
  readonly padding: Padding;
  readonly useAddends: boolean;
}

const SAME: Padding = [
  [1, 1],
  [1, 1],
];
const NONE: Padding = [
  [0, 0],
  [0, 0],
];

/**
 * One pixel, one pair, one window, rows beyond one band, several panels and groups, rows and pictures beyond what is packed at
 * a time, other kernels and channels that fill no tile; then whatever comes.
 */
const CASES: readonly Case[] = [
  { images: [1, 1, 1, 32], kernel: [3, 3], outputs: 32, padding: SAME, useAddends: false },
  { images: [1, 1, 2, 48], kernel: [3, 3], outputs: 64, padding: SAME, useAddends: true },
  { images: [1, 3, 3, 64], kernel: [3, 3], outputs: 32, padding: NONE, useAddends: true },
  { images: [2, 13, 19, 32], kernel: [3, 3], outputs: 96, padding: SAME, useAddends: true },
  { images: [1, 5, 4, 512], kernel: [3, 3], outputs: 80, padding: SAME, useAddends: false },
  { images: [1, 4, 4, 33], kernel: [3, 3], outputs: 32, padding: SAME, useAddends: false },
  { images: [1, 70, 300, 32], kernel: [3, 3], outputs: 32, padding: SAME, useAddends: true },
  { images: [90, 8, 8, 64], kernel: [3, 3], outputs: 64, padding: SAME, useAddends: false },
  { images: [3, 9, 10, 3], kernel: [5, 5], outputs: 20, padding: SAME, useAddends: true },
  { images: [2, 7, 40, 40], kernel: [1, 4], outputs: 17, padding: NONE, useAddends: true },
  { images: [2, 33, 6, 16], kernel: [2, 1], outputs: 5, padding: SAME, useAddends: false },
  ...Array.from({ length: 14 }, (_, seed) => randomCase(seed + 1)),
];

/** A 3 x 3 kernel of channels that all ways take, and any other. */
function randomCase(seed: number): Case {
  const draws = numbers(11, { seed, low: 0, high: 1 });
  const draw = (index: number, choices: number): number => Math.floor((draws[index] as number) * choices);
  const [top, bottom, left, right] = [draw(0, 4), draw(1, 3), draw(2, 4), draw(3, 3)];
  const isAny = seed % 3 === 0;
  const unit = isAny ? 9 : 16;
  return {
    images: [1 + draw(4, 2), 3 + draw(5, 25), 3 + draw(6, 40), unit * (1 + draw(7, 5))],
    kernel: isAny ? [1 + draw(9, 4), 1 + draw(10, 4)] : [3, 3],
    outputs: unit * (1 + draw(8, 6)),
    padding: [
      [top, bottom],
      [left, right],
    ],
    useAddends: seed % 2 === 0,
  };
}

/** Multiples of 1/64 below 2, which bfloat16 holds exactly. */
function exactTensor(shape: readonly number[], seed: number): tf.Tensor {
  const values = numbers(tf.util.sizeFromShape([...shape]), { seed, low: -2, high: 2 });
  return tf.tensor(
    values.map((x) => Math.trunc(x * 64) / 64),
    [...shape],
  );
}

function toBfloat16(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  const rounded = bits.map((word) => (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000);
  return new Float32Array(rounded.buffer);
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let [differences, squares] = [0, 0];
  for (const [i, value] of expected.entries()) {
    differences += ((actual[i] as number) - value) ** 2;
    squares += value ** 2;
  }
  return Math.sqrt(differences / squares);
}

/** Values of a kernel's only result. */
function run(precision: TorchPrecision, name: string, inputs: Record<string, tf.Tensor>, attrs: object): Float32Array {
  setTorchPrecision(precision);
  const [y] = [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat() as [tf.Tensor];
  return y.dataSync() as Float32Array;
}

/** PyTorch sums products of bfloat16 in float32 and rounds the result, which is all its error: ours may be twice that. */
function expectError(name: string, inputs: Record<string, tf.Tensor>, attrs: object): void {
  const exact = run("f32", name, inputs, attrs);
  const allowed = 2 * relativeError(toBfloat16(exact), exact);
  expect(relativeError(run("bf16", name, inputs, attrs), exact)).toBeLessThanOrEqual(allowed);
}

describe("convolutions in bf16", () => {
  test.each(CASES)("err at most twice as much as PyTorch's: $images to $outputs by $kernel, $padding", (shape) => {
    const { images, kernel, outputs, padding, useAddends } = shape;
    const [batch, height, width, channels] = images;
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const attrs = { strides: [1, 1], padding, groups: 1 };
      const [outHeight, outWidth] = [
        height + padding[0][0] + padding[0][1] - kernel[0] + 1,
        width + padding[1][0] + padding[1][1] - kernel[1] + 1,
      ];
      const yShape = [batch, outHeight, outWidth, outputs];
      const [x, weight] = [exactTensor(images, 1), exactTensor([...kernel, channels, outputs], 2)];
      const addends: Record<string, tf.Tensor> = useAddends
        ? { bias: exactTensor([outputs], 3), residual: exactTensor(yShape, 4) }
        : {};
      expectError("GroupedConv2d", { x, weight, ...addends }, attrs);
      const dy = exactTensor(yShape, 5);
      expectError("GroupedConv2dGradInput", { dy, weight }, { ...attrs, inputShape: images });
      expectError("GroupedConv2dGradWeight", { dy, x }, { ...attrs, weightShape: weight.shape });
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test("are the same bit for bit for every use of a weight, picture of a batch, and strip of rows", () => {
    tf.tidy(() => {
      const [batch, height, width, channels, outputs] = [3, 27, 21, 32, 48];
      const attrs = { strides: [1, 1], padding: SAME, groups: 1 };
      const x = exactTensor([batch, height, width, channels], 1);
      const weight = exactTensor([3, 3, channels, outputs], 2);
      const whole = run("bf16", "GroupedConv2d", { x, weight }, attrs);
      const row = width * outputs;
      for (const [picture, first, last] of [
        [0, 0, 27],
        [2, 0, 27],
        [1, 0, 13],
        [1, 13, 14],
        [1, 5, 27],
      ] as const) {
        const [above, below] = [Math.min(first, 1), Math.min(height - last, 1)];
        const strip = x.slice([picture, first - above, 0, 0], [1, last - first + above + below, -1, -1]);
        const padding = [
          [1 - above, 1 - below],
          [1, 1],
        ];
        const y = run("bf16", "GroupedConv2d", { x: strip, weight }, { ...attrs, padding });
        expect(y).toEqual(whole.subarray((picture * height + first) * row, (picture * height + last) * row));
      }
    });
  });

  test("use a weight's new values once it has changed", () => {
    const x = exactTensor([1, 4, 6, 32], 1);
    const weight = tf.variable(exactTensor([3, 3, 32, 32], 2));
    const attrs = { strides: [1, 1], padding: SAME, groups: 1 };
    const convolve = (): Float32Array => tf.tidy(() => run("bf16", "GroupedConv2d", { x, weight }, attrs));
    const [first, , third] = [convolve(), convolve(), convolve()];
    expect(third).toEqual(first);
    weight.assign(tf.tidy(() => weight.mul(2)));
    expect(convolve()).toEqual(first.map((value) => 2 * value));
    tf.dispose([x, weight]);
  });
});
