import {
  attention,
  Generator,
  keyRangesToMask,
  linear,
  rmsNorm,
  tf,
  useBackend,
  valueAndGrads,
  withPortableOps,
} from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";
import { opCases } from "./cases.ts";
import { expectClose, randomInputs, runCase } from "./helpers.ts";

// Everything here is skipped, with a printed reason, only where the addon is not built; under CI=true that is a failure instead.
const describeTorch = describe.skipIf((await torchUnavailable()) !== undefined);

describeTorch.each([
  { precision: "f32" as const, tolerance: 1e-5 },
  { precision: "bf16" as const, tolerance: 3e-2 },
])("torch kernels in $precision", ({ precision, tolerance }) => {
  beforeAll(async () => {
    await useBackend({ backend: "torch", precision, threads: 1 });
  });

  it.each(opCases)("$name: the kernel equals the portable definition, values and gradients", async (opCase) => {
    expect(tf.getKernel(opCase.kernel, "torch"), `kernel ${opCase.kernel}`).toBeDefined();
    const inputs = randomInputs(opCase);
    const numTensors = tf.memory().numTensors;
    const fused = await runCase(opCase, inputs);
    expect(tf.memory().numTensors).toBe(numTensors);
    const portable = await withPortableOps(() => runCase(opCase, inputs));
    expectClose(fused.y, portable.y, tolerance);
    for (const [name, gradient] of Object.entries(portable.gradients)) {
      expectClose(fused.gradients[name]!, gradient, tolerance);
    }
  });

  it("attention over many random ranges equals the portable definition", async () => {
    const generator = new Generator(1, "ranges");
    const [queries, keys] = [67, 83];
    const ranges = Array.from({ length: queries }, () => {
      const bounds = Array.from({ length: 4 }, () => generator.integer(keys + 1)).sort((a, b) => a - b);
      return generator.uniform() < 0.1 ? [0, 0, 0, 0] : bounds;
    });
    const keyRanges = Int32Array.from(ranges.flat());
    const make = (...shape: [number, number, number]): tf.Tensor3D =>
      tf.tensor3d(generator.normalArray(tf.util.sizeFromShape(shape)), shape);
    const tensors = new Map([
      ["query", make(queries, 6, 16)],
      ["key", make(keys, 2, 16)],
      ["value", make(keys, 2, 16)],
    ]);
    const [query, key, value] = [...tensors.values()] as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    const run = () =>
      valueAndGrads(() => {
        const y = attention({ query, key, value, keyRanges });
        return { loss: y.mul(y.add(1)).sum(), y };
      }, tensors);
    const fused = run();
    const portable = withPortableOps(run);
    expectClose(await fused.outputs.y.data(), await portable.outputs.y.data(), tolerance);
    for (const [name, gradient] of portable.gradients) {
      expectClose(await fused.gradients.get(name)!.data(), await gradient.data(), tolerance);
    }
    tf.dispose([...tensors.values(), ...fused.gradients.values(), ...portable.gradients.values()]);
    tf.dispose([fused.outputs, portable.outputs]);
  });

  it("attention gives zeros and zero gradients for a query that sees nothing and a key that nobody sees", async () => {
    const generator = new Generator(4, "empty rows");
    const make = (tokens: number) => tf.tensor3d(generator.normalArray(tokens * 2 * 5), [tokens, 2, 5]);
    const tensors = new Map([
      ["query", make(3)],
      ["key", make(4)],
      ["value", make(4)],
    ]);
    const [query, key, value] = [...tensors.values()] as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    const keyRanges = Int32Array.of(0, 2, 3, 4, 2, 2, 0, 0, 0, 0, 1, 2); // the second query sees nothing, nobody the third key
    const { outputs, gradients } = valueAndGrads(() => {
      const y = attention({ query, key, value, keyRanges });
      return { loss: y.mul(y.add(1)).sum() as tf.Scalar, y };
    }, tensors);
    const rowOf = async (tensor: tf.Tensor, row: number) =>
      Array.from(await tensor.data()).slice(row * 10, row * 10 + 10);
    const nothing = new Array(10).fill(0);
    for (const [tensor, row] of [
      [outputs.y, 1],
      [gradients.get("query")!, 1],
      [gradients.get("key")!, 2],
      [gradients.get("value")!, 2],
    ] as const) {
      expect((await rowOf(tensor, row)).map(Math.abs)).toEqual(nothing);
      expect(await rowOf(tensor, 0)).not.toEqual(nothing);
    }
    tf.dispose([...tensors.values(), ...gradients.values(), outputs]);
  });

  it("refuses second-order gradients through a fused kernel, and gives them through the portable definition", () => {
    const x = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]));
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const parameters = new Map([["x", x]]);
    const gradientNorm = (): tf.Scalar =>
      valueAndGrads(() => ({ loss: rmsNorm(x, weight, { epsilon: 1e-3 }).square().sum() }), parameters)
        .gradients.get("x")!
        .square()
        .sum();
    const numTensors = tf.memory().numTensors;
    expect(() => valueAndGrads(() => ({ loss: gradientNorm() }), parameters)).toThrow(/cannot be differentiated twice/);
    expect(tf.memory().numTensors).toBe(numTensors);
    const { outputs, gradients } = withPortableOps(() => valueAndGrads(() => ({ loss: gradientNorm() }), parameters));
    tf.dispose([outputs.loss, x, weight, ...gradients.values()]);
  });
});

describeTorch("torch in bf16", () => {
  beforeAll(async () => {
    await useBackend({ backend: "torch", precision: "bf16", threads: 1 });
  });

  it("keeps every bit of a linear map with float32Output", async () => {
    const generator = new Generator(2, "float32Output");
    const x = tf.tensor(generator.normalArray(8 * 64), [8, 64]);
    const weight = tf.tensor(generator.normalArray(8 * 64), [8, 64]);
    const isBf16 = (values: Float32Array): boolean =>
      new Uint32Array(values.buffer, values.byteOffset, values.length).every((word) => (word & 0xffff) === 0);
    const narrow = linear(x, weight);
    const wide = linear(x, weight, { float32Output: true });
    expect(isBf16((await narrow.data()) as Float32Array)).toBe(true);
    expect(isBf16((await wide.data()) as Float32Array)).toBe(false);
    expectClose(await narrow.data(), await wide.data(), 1e-2);
    tf.dispose([x, weight, narrow, wide]);
  });
});

describe("keyRangesToMask", () => {
  beforeAll(async () => {
    await useBackend({ backend: "cpu" });
  });

  it("is true exactly inside the ranges", async () => {
    const mask = keyRangesToMask(Int32Array.of(0, 2, 3, 4, 0, 0, 0, 0, 1, 4, 4, 4), 4);
    expect(mask.dtype).toBe("bool");
    expect(await mask.array()).toEqual([
      [1, 1, 0, 1],
      [0, 0, 0, 0],
      [0, 1, 1, 1],
    ]);
    mask.dispose();
  });

  it.each([
    [1, 0, 0, 0],
    [0, 3, 2, 4],
    [2, 3, 0, 1],
    [0, 5, 0, 0],
  ])("attention refuses the ranges (%d, %d, %d, %d) of four keys", (...row) => {
    const one = tf.ones<tf.Rank.R3>([1, 1, 2]);
    const keys = tf.ones<tf.Rank.R3>([4, 1, 2]);
    const run = () => attention({ query: one, key: keys, value: keys, keyRanges: Int32Array.from(row) });
    expect(run).toThrow(RangeError);
    expect(run).toThrow(`attention: keyRanges row 0 (=[${row.join(", ")}])`);
    tf.dispose([one, keys]);
  });

  it.each([
    [[1, 0, 0, 0], "reversed"],
    [[0, 3, 2, 4], "overlapping"],
    [[2, 3, 0, 1], "out of order"],
    [[0, 5, 0, 0], "beyond the keys"],
    [[-1, 1, 2, 3], "negative"],
  ])("refuses the row %j, which is %s", (row) => {
    expect(() => keyRangesToMask(Int32Array.from([0, 1, 2, 3, ...row]), 4)).toThrow(
      `row 1 (=[${row.join(", ")}]) must be two ordered, disjoint ranges within [0, 4]`,
    );
  });
});
