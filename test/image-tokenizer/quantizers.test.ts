/**
 * The quantizers on every backend against the same written plainly in PyTorch: indices, codes, losses, gradients, averages.
 * The figures are in golden/quantizers.json, made by golden/quantizers.py.
 */
import { readFileSync } from "node:fs";
import {
  Assignments,
  FiniteScalarQuantizer,
  finiteScalarPresets,
  LookupFreeQuantizer,
  type MultiScaleVectorQuantizer,
  type Quantizer,
  quantizerFromConfig,
  VectorQuantizer,
} from "@interfuse/image-tokenizer";
import { Generator, type HostTensor, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose } from "../ops/helpers.ts";
import { torchUnavailable } from "../support/torch-backend.ts";

/** A tensor, its values with spaces between. */
type Packed = { shape: number[]; values: string };

type GoldenCase = {
  name: string;
  config: { type: string };
  state: Record<string, Packed>;
  latents: Packed;
  dy: Packed;
  indices: Packed;
  codes: Packed;
  lossWeights: Record<string, number>;
  lossSums: Record<string, number>;
  gradients: Record<string, Packed>;
  nextScaleInputs?: Packed;
  updates?: { latents: Packed; state: Record<string, Packed> }[];
};

const golden = JSON.parse(readFileSync(new URL("../golden/quantizers.json", import.meta.url), "utf8")) as {
  madeBy: string;
  cases: GoldenCase[];
};

const torch = await torchUnavailable();
const TOLERANCE = 2e-5;

const backends = (["cpu", "wasm", "torch"] as const).filter((name) => name !== "torch" || torch === undefined);

describe.each(backends)(`quantizers on %s against ${golden.madeBy}`, (backend) => {
  beforeAll(async () => {
    await useBackend({ backend, ...(backend === "torch" && { precision: "f32", threads: 1 }) });
  });

  it.each(golden.cases)("$name: indices, codes, losses and gradients", async (goldenCase) => {
    const quantizer = fromGolden(goldenCase);
    const latents = tensorOf(goldenCase.latents);
    const numTensors = tf.memory().numTensors;
    expect(quantizer.lossWeights).toEqual(goldenCase.lossWeights);

    const plain = quantizer.quantize(latents);
    expect(plain.indices.dtype).toBe("int32");
    expect(plain.indices.shape).toEqual(goldenCase.indices.shape);
    expect([...(await plain.indices.data())]).toEqual([...valuesOf(goldenCase.indices)]);
    expectNear(plain.codes, goldenCase.codes);
    const decoded = quantizer.indicesToCodes(plain.indices);
    expect(decoded.shape).toEqual(plain.codes.shape);
    expect(await decoded.data()).toEqual(await plain.codes.data());
    if (goldenCase.nextScaleInputs !== undefined) {
      const inputs = (quantizer as MultiScaleVectorQuantizer).nextScaleInputs(plain.indices);
      expectNear(inputs, goldenCase.nextScaleInputs);
      inputs.dispose();
    }

    const { outputs, gradients } = valueAndGrads(
      () => {
        const { codes, indices, lossSums, numVectors } = quantizer.quantizeForTraining(latents, {
          generator: new Generator(1),
        });
        const weighted = Object.entries(lossSums).map(([name, sum]) => sum.mul(quantizer.lossWeights[name]!));
        const loss = weighted.reduce((sum, term) => sum.add(term), codes.mul(tensorOf(goldenCase.dy)).sum());
        return { loss, codes, indices, lossSums, numVectors };
      },
      new Map([["latents", latents], ...quantizer.parameters()]),
    );
    expect(await outputs.codes.data()).toEqual(await plain.codes.data());
    expect(await outputs.indices.data()).toEqual(await plain.indices.data());
    expect(outputs.numVectors).toBe(latents.size / quantizer.dim);
    expect(Object.keys(outputs.lossSums).sort()).toEqual(Object.keys(goldenCase.lossSums).sort());
    for (const [name, sum] of Object.entries(outputs.lossSums)) {
      expectClose(await sum.data(), [goldenCase.lossSums[name]!], TOLERANCE);
    }
    expect([...gradients.keys()].sort()).toEqual(Object.keys(goldenCase.gradients).sort());
    for (const [name, gradient] of gradients) expectNear(gradient, goldenCase.gradients[name]!);

    tf.dispose([plain, decoded, outputs, [...gradients.values()]]);
    expect(tf.memory().numTensors).toBe(numTensors);
    latents.dispose();
    quantizer.dispose();
  });

  const withUpdates = golden.cases.filter(({ updates }) => updates !== undefined);
  it.each(withUpdates)("$name: updates of the averages", async (goldenCase) => {
    const quantizer = fromGolden(goldenCase);
    const assignments = new Assignments();
    const numTensors = tf.memory().numTensors;
    for (const update of goldenCase.updates!) {
      // In two micro-batches, inside a gradient sweep as in training.
      const whole = tensorOf(update.latents);
      for (const latents of tf.split(whole, 2)) {
        const { outputs, gradients } = valueAndGrads(
          () => {
            const { codes } = quantizer.quantizeForTraining(latents, { generator: new Generator(1), assignments });
            return { loss: codes.sum() };
          },
          new Map([["latents", latents]]),
        );
        tf.dispose([latents, outputs, [...gradients.values()]]);
      }
      whole.dispose();
      quantizer.update(assignments, new Generator(1));
      for (const [name, variable] of quantizer.state()) expectNear(variable, update.state[name]!);
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    quantizer.dispose();
  });
});

function fromGolden({ config, state }: GoldenCase): Quantizer {
  const quantizer = quantizerFromConfig(config, new Generator(1));
  const tensors = Object.entries(state).map(([name, packed]): [string, HostTensor] => [
    name,
    { dtype: "F32", shape: packed.shape, data: valuesOf(packed) },
  ]);
  quantizer.loadParameters(new Map(tensors));
  return quantizer;
}

function valuesOf({ values }: Packed): Float32Array<ArrayBuffer> {
  return Float32Array.from(values.split(" "), Number);
}

function tensorOf(packed: Packed): tf.Tensor {
  return tf.tensor(valuesOf(packed), packed.shape);
}

function expectNear(actual: tf.Tensor, expected: Packed): void {
  expect(actual.shape).toEqual(expected.shape);
  expectClose(actual.dataSync() as Float32Array, valuesOf(expected), TOLERANCE);
}

describe.each(backends)("quantizers on %s", (backend) => {
  beforeAll(async () => {
    await useBackend({ backend, ...(backend === "torch" && { precision: "f32", threads: 1 }) });
  });

  it.each(
    Object.values(finiteScalarPresets).flatMap((levels) => [
      { levels, bound: "narrow" as const },
      { levels, bound: "wide" as const },
    ]),
  )("FSQ $levels, $bound: every code has its index, and latents at its middle come back to it", ({ levels, bound }) => {
    const quantizer = new FiniteScalarQuantizer({ type: "finite-scalar", levels: [...levels], bound });
    tf.tidy(() => {
      const all = tf.range(0, quantizer.numCodes, 1, "int32");
      const codes = quantizer.indicesToCodes(all);
      const latents = latentsOfCodes(codes.dataSync() as Float32Array, levels);
      const again = quantizer.quantize(tf.tensor2d(latents, [quantizer.numCodes, levels.length]));
      expectSame(again.indices, all);
      expectSame(again.codes, codes);
    });
  });

  it.each([false, true])("LFQ with 16 bits: every code has its index (length 1: %s)", (useL2Norm) => {
    const quantizer = new LookupFreeQuantizer({ type: "lookup-free", dim: 16, useL2Norm });
    tf.tidy(() => {
      const all = tf.range(0, 2 ** 16, 1, "int32");
      const codes = quantizer.indicesToCodes(all);
      const again = quantizer.quantize(codes);
      expectSame(again.indices, all);
      expectSame(again.codes, codes);
    });
  });

  it("indices are exact up to the largest codebook, for radices that are no powers of two", () => {
    const quantizer = new FiniteScalarQuantizer({ type: "finite-scalar", levels: [7, 11, 13, 3, 17, 5, 16] });
    tf.tidy(() => {
      const numCodes = quantizer.numCodes; // 4,084,080 of at most 4,194,304
      const all = tf.range(numCodes - 20_000, numCodes, 1, "int32");
      const codes = quantizer.indicesToCodes(all);
      const latents = latentsOfCodes(codes.dataSync() as Float32Array, quantizer.config.levels);
      const again = quantizer.quantize(tf.tensor2d(latents, [20_000, 7]));
      expectSame(again.indices, all);
    });
  });

  it("rounds half to even", () => {
    const ties = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
    const rounded = tf.tidy(() => [...tf.round(ties).add(0).dataSync()]);
    expect(rounded).toEqual([-4, -2, -2, 0, 0, 2, 2, 4]);
    const quantizer = new FiniteScalarQuantizer({ type: "finite-scalar", levels: [9] });
    const half = 4 * (1 - 1e-3);
    // Ties that rounding half up would send to the other side.
    const digits = [-3.5, -1.5, 0.5, 2.5].flatMap((tie) =>
      tf.tidy(() => {
        // Of so many neighbouring numbers some are bounded to exactly the tie, if not of every tie on every backend.
        const middle = Math.atanh(tie / half);
        const neighbours = Array.from({ length: 4096 }, (_, i) => middle + (i - 2048) * 2 ** -25);
        const latents = tf.tensor2d(neighbours, [4096, 1]);
        const bounded = latents.tanh().mul(half).dataSync();
        return [...quantizer.quantize(latents).indices.dataSync()].filter((_, i) => bounded[i] === tie);
      }),
    );
    expect(digits.length).toBeGreaterThan(0);
    expect(digits.filter((digit) => digit % 2 !== 0)).toEqual([]);
  });

  it.each([
    { numVectors: 3000, numCodes: 512, useL2Norm: false },
    { numVectors: 3000, numCodes: 512, useL2Norm: true },
    { numVectors: 300, numCodes: 16_384, useL2Norm: false }, // more than one chunk
  ])("$numVectors vectors, $numCodes codes, length 1: $useL2Norm: the nearest in double precision", (sizes) => {
    const { numVectors, numCodes, useL2Norm } = sizes;
    const quantizer = new VectorQuantizer({ type: "vector", numCodes, dim: 8, useL2Norm }, new Generator(1));
    const codes = new Generator(2).normalArray(numCodes * 8);
    quantizer
      .parameters()
      .get("codebook.codes")!
      .assign(tf.tensor2d(codes, [numCodes, 8]));
    const latents = new Generator(3).normalArray(numVectors * 8);
    const indices = tf.tidy(() => quantizer.quantize(tf.tensor2d(latents, [numVectors, 8])).indices.dataSync());
    const [z, e] = [latents, codes].map((values) => rowsOf(values, useL2Norm));
    let numDifferent = 0;
    z!.forEach((vector, i) => {
      const distances = e!.map((code) => code.reduce((sum, x, c) => sum + (x - vector[c]!) ** 2, 0));
      const best = Math.min(...distances);
      if (distances[indices[i]!]! !== best) numDifferent += 1;
      expect(distances[indices[i]!]! - best).toBeLessThan(1e-5);
    });
    expect(numDifferent).toBeLessThan(3);
    quantizer.dispose();
  });
});

describe.skipIf(torch !== undefined)("quantizers on torch in bf16", () => {
  it.each(golden.cases)("$name: indices still give exactly the codes", async (goldenCase) => {
    await useBackend({ backend: "torch", precision: "bf16", threads: 1 });
    const quantizer = fromGolden(goldenCase);
    tf.tidy(() => {
      const latents = tensorOf(goldenCase.latents);
      const { codes, indices } = quantizer.quantize(latents);
      expectSame(quantizer.indicesToCodes(indices), codes);
      const trained = quantizer.quantizeForTraining(latents, { generator: new Generator(1) });
      expectSame(trained.codes, codes);
      expectSame(trained.indices, indices);
    });
    quantizer.dispose();
  });
});

/** Every value the same; `toEqual` takes seconds for a million of them. */
function expectSame(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  expect(a.findIndex((value, i) => value !== b[i])).toBe(-1);
}

/** Latents whose bounded values are those of the codes, or just inside where that is the bound itself. */
function latentsOfCodes(codes: Float32Array, levels: readonly number[]): Float32Array {
  return codes.map((code, i) => {
    const level = levels[i % levels.length]!;
    const half = (level - 1) / 2;
    const offset = level % 2 === 0 ? 0.5 : 0;
    const ratio = (code * Math.floor(level / 2) + offset) / half;
    // The shift of either published form, to a thousandth: tan and atanh of something small.
    return Math.atanh(Math.max(-0.9999, Math.min(0.9999, ratio))) - Math.atanh(offset / half);
  });
}

function rowsOf(values: Float32Array, useL2Norm: boolean): number[][] {
  return Array.from({ length: values.length / 8 }, (_, row) => {
    const vector = [...values.subarray(row * 8, row * 8 + 8)];
    const length = useL2Norm ? Math.hypot(...vector) : 1;
    return vector.map((x) => x / length);
  });
}
