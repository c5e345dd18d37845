/**
 * The torch kernels in bf16 against the portable definitions in float32: the error of each result and gradient (root mean
 * square, relative) is at most twice the one that PyTorch makes in bfloat16. Its figures are in golden/bfloat16-errors.json,
 * made by golden/bfloat16_errors.py.
 */
import { readFileSync } from "node:fs";
import { linear, muonUpdate, tf, useBackend, withPortableOps } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { DY_SEED, hashedValues } from "../golden/hashed-values.ts";
import { torchUnavailable } from "../support/torch-backend.ts";
import {
  type AttentionSizes,
  attentionCase,
  type ConvSizes,
  conv2dCase,
  crossEntropyCase,
  embeddingCase,
  groupNormCase,
  type ImageSizes,
  linearCase,
  normedRotaryCase,
  type OpCase,
  rmsNormCase,
  rotaryCase,
  swigluCase,
  swigluLinearCase,
} from "./cases.ts";
import { outputSize, runCase } from "./helpers.ts";
import { muonStep } from "./muon-reference.ts";

/** What every case may differ by, above all where PyTorch makes no error at all: the reference itself is float32. */
const FLOAT32_ERROR = 2e-6;

type Golden = {
  madeBy: string;
  cases: { op: string; sizes: never; inputSums: Record<string, number>; errors: Record<string, number> }[];
};
const golden = JSON.parse(readFileSync(new URL("../golden/bfloat16-errors.json", import.meta.url), "utf8")) as Golden;

type Linear = { rows: number; inputDim: number; outputDim: number; useBias: boolean };
type GroupNorm = { image: ImageSizes; groups: number; activation: "none" | "silu" };

/** The case of each op from the sizes in the golden file. */
const builders = {
  linear: ({ rows, inputDim, outputDim, useBias }: Linear) => linearCase(rows, inputDim, outputDim, useBias),
  rmsNorm: ({ rows, width }: { rows: number; width: number }) => rmsNormCase(rows, width),
  rotaryEmbedding: (sizes: { tokens: number; heads: number; headDim: number }) =>
    rotaryCase(sizes.tokens, sizes.heads, sizes.headDim),
  normedRotary: normedRotaryCase,
  swiglu: ({ rows, mlpDim }: { rows: number; mlpDim: number }) => swigluCase(rows, mlpDim),
  swigluLinear: ({ rows, mlpDim, outputDim }: { rows: number; mlpDim: number; outputDim: number }) =>
    swigluLinearCase(rows, mlpDim, outputDim),
  attention: ({ ranges, ...sizes }: AttentionSizes & { ranges: number[][] }) =>
    attentionCase(`${ranges.length} queries, ${sizes.keys} keys`, ranges, sizes),
  embedding: (sizes: { vocabSize: number; width: number; ids: number[] }) =>
    embeddingCase(sizes.vocabSize, sizes.width, sizes.ids),
  crossEntropy: (sizes: { vocabSize: number; targets: number[] }) => crossEntropyCase(sizes.vocabSize, sizes.targets),
  groupNorm: ({ image, groups, activation }: GroupNorm) => groupNormCase(image, groups, activation),
  conv2d: ({ image, ...sizes }: ConvSizes & { image: ImageSizes }) => conv2dCase(image, sizes),
};

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [differences, squares] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    differences += (actual[i]! - expected[i]!) ** 2;
    squares += expected[i]! ** 2;
  }
  return Math.sqrt(differences / squares);
}

const useTorch = (precision: "f32" | "bf16") => useBackend({ backend: "torch", precision, threads: 1 });

/** The inputs that the golden file was made with. */
function goldenInputs(inputs: OpCase["inputs"], sums: Record<string, number>): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, shape], seed) => {
      const values = hashedValues(tf.util.sizeFromShape(shape), seed);
      expect(
        values.reduce((sum, value) => sum + value, 0),
        `sum of ${name}`,
      ).toBe(sums[name]);
      return [name, values];
    }),
  );
}

const opCases = golden.cases
  .filter(({ op }) => op in builders)
  .map(({ op, sizes, ...measured }, index) => {
    const opCase: OpCase = builders[op as keyof typeof builders](sizes);
    return { ...opCase, ...measured, name: `${index}: ${opCase.name}` };
  });
const muonCases = golden.cases.filter(({ op }) => op === "muonUpdate");

// Skipped, with a printed reason, only where the addon is not built; under CI=true that is a failure instead.
describe.skipIf((await torchUnavailable()) !== undefined)(
  `bf16 kernels against twice the errors of ${golden.madeBy}`,
  () => {
    it.each(opCases)("$name", async (opCase) => {
      await useTorch("f32");
      const values = goldenInputs(opCase.inputs, opCase.inputSums);
      const inputs = { values, lossWeights: hashedValues(outputSize(opCase), DY_SEED) };
      const exact = await withPortableOps(() => runCase(opCase, inputs));
      await useTorch("bf16");
      const { y, gradients } = await runCase(opCase, inputs);
      const actual: Record<string, Float32Array> = { y, ...gradients };
      for (const [name, expected] of Object.entries({ y: exact.y, ...exact.gradients })) {
        const allowed = 2 * opCase.errors[name]! + FLOAT32_ERROR;
        expect(relativeError(actual[name]!, expected), `error of ${name}`).toBeLessThanOrEqual(allowed);
      }
    });

    it.each(opCases.filter(({ kernel }) => kernel === "Linear"))("$name, with float32 output", async (opCase) => {
      await useTorch("bf16");
      const { x, weight, bias } = goldenInputs(opCase.inputs, opCase.inputSums);
      const shapes = opCase.inputs;
      const y = tf.tidy(() =>
        linear(tf.tensor(x!, shapes.x!), tf.tensor(weight!, shapes.weight!), {
          ...(bias === undefined ? {} : { bias: tf.tensor(bias, shapes.bias!) }),
          float32Output: true,
        }),
      );
      // bfloat16 holds the inputs exactly, so nothing is rounded but float32 sums.
      const exact = opCase.reference({ x: x!, weight: weight!, ...(bias === undefined ? {} : { bias }) });
      expect(relativeError(await y.data(), exact)).toBeLessThanOrEqual(FLOAT32_ERROR);
      y.dispose();
    });

    it.each(muonCases)("muonUpdate of $sizes", async ({ sizes, inputSums, errors }) => {
      const { rows, columns } = sizes as { rows: number; columns: number };
      await useTorch("bf16");
      const shape = [rows, columns];
      const gradient = goldenInputs({ gradient: shape }, inputSums).gradient!;
      const options = { learningRate: 1, momentum: 0, decay: 0 };
      const [parameter, momentum] = [tf.variable(tf.zeros(shape)), tf.variable(tf.zeros(shape))];
      const gradients = tf.tensor(gradient, shape);
      muonUpdate(
        {
          parameters: new Map([["w", parameter]]),
          gradients: new Map([["w", gradients]]),
          momenta: new Map([["w", momentum]]),
        },
        options,
      ).gradNorm.dispose();
      const exact = { parameter: gradient.slice().fill(0), gradient, momentum: gradient.slice().fill(0) };
      const numbers = Object.fromEntries(Object.entries(exact).map(([name, values]) => [name, Array.from(values)]));
      muonStep(numbers as Parameters<typeof muonStep>[0], shape, options);
      expect(relativeError(await parameter.data(), numbers.parameter!)).toBeLessThanOrEqual(2 * errors.y!);
      tf.dispose([parameter, momentum, gradients]);
    });
  },
);
