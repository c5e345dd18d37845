/**
 * Cases of every differentiable fused op with shapes drawn from a seed: size one, odd sizes, empty ranges and one key come up
 * often.
 */
import { Generator } from "@interfuse/tensor";
import {
  attentionCase,
  conv2dCase,
  conv2dResidualCase,
  crossEntropyCase,
  embeddingCase,
  groupNormCase,
  linearCase,
  normedRotaryCase,
  type OpCase,
  rmsNormCase,
  rotaryCase,
  swigluCase,
  swigluLinearCase,
} from "./cases.ts";

const CASES_PER_OP = 12;

/** A size in [1, largest]: one in five is 1, and half of the others are odd and small. */
function size(generator: Generator, largest: number): number {
  const kind = generator.uniform();
  if (kind < 0.2) return 1;
  if (kind < 0.6) return Math.min(largest, 1 + 2 * generator.integer(20));
  return 1 + generator.integer(largest);
}

function integers(generator: Generator, count: number, [low, high]: readonly [number, number]): number[] {
  return Array.from({ length: count }, () => low + generator.integer(high - low));
}

/** Two ordered ranges of keys for each query; some empty, some of all keys, some rows without any. */
export function randomRanges(generator: Generator, numQueries: number, numKeys: number): number[][] {
  return Array.from({ length: numQueries }, () => {
    const kind = generator.uniform();
    if (kind < 0.1) return [0, 0, 0, 0];
    if (kind < 0.2) return [0, numKeys, numKeys, numKeys];
    const [a0, a1, b0, b1] = integers(generator, 4, [0, numKeys + 1]).sort((a, b) => a - b) as [
      number,
      number,
      number,
      number,
    ];
    if (kind < 0.3) return [a0, a1, 0, 0];
    return kind < 0.4 ? [0, 0, b0, b1] : [a0, a1, b0, b1];
  });
}

function randomAttention(generator: Generator, index: number): OpCase {
  const numQueries = size(generator, 200);
  const keys = index % 4 === 0 ? 1 : size(generator, 600);
  const kvHeads = 1 + generator.integer(3);
  const sizes = { heads: kvHeads * (1 + generator.integer(3)), kvHeads, headDim: size(generator, 80), keys };
  const ranges = randomRanges(generator, numQueries, keys);
  return attentionCase(`of ${numQueries} queries, ${JSON.stringify(sizes)}`, ranges, sizes);
}

function randomGroupNorm(generator: Generator): OpCase {
  const groups = 1 + generator.integer(5);
  const channels = groups * size(generator, 20);
  const image = { batch: 1 + generator.integer(3), height: size(generator, 12), width: size(generator, 12), channels };
  return groupNormCase(image, groups, generator.uniform() < 0.5 ? "none" : "silu");
}

function randomConv2d(generator: Generator): OpCase {
  const groups = generator.uniform() < 0.5 ? 1 : 1 + generator.integer(4);
  const kernel: [number, number] = [1 + generator.integer(4), 1 + generator.integer(4)];
  const [top, bottom, left, right] = integers(generator, 4, [0, 3]) as [number, number, number, number];
  // At least as large as the kernel without its padding.
  const image = {
    batch: 1 + generator.integer(3),
    height: kernel[0] - 1 + size(generator, 9),
    width: kernel[1] - 1 + size(generator, 9),
    channels: groups * (1 + generator.integer(9)),
  };
  const makeCase = generator.uniform() < 0.5 ? conv2dCase : conv2dResidualCase;
  return makeCase(image, {
    kernel,
    outputs: groups * (1 + generator.integer(9)),
    strides: [1 + generator.integer(2), 1 + generator.integer(2)],
    padding: [
      [top, bottom],
      [left, right],
    ],
    groups,
    useBias: generator.uniform() < 0.5,
  });
}

const draws: Record<string, (generator: Generator, index: number) => OpCase> = {
  linear: (generator) =>
    linearCase(size(generator, 300), size(generator, 300), size(generator, 300), generator.uniform() < 0.5),
  rmsNorm: (generator) => rmsNormCase(size(generator, 300), size(generator, 500)),
  rotaryEmbedding: (generator) => rotaryCase(size(generator, 100), size(generator, 8), 2 * size(generator, 40)),
  normedRotary: (generator) => {
    const [numHeads, numKvHeads] = [size(generator, 6), size(generator, 3)];
    const heads = numHeads + numKvHeads + generator.integer(4);
    const [tokens, headDim] = [size(generator, 100), 2 * size(generator, 40)];
    return normedRotaryCase({ tokens, heads, headDim, numHeads, numKvHeads });
  },
  swiglu: (generator) => swigluCase(size(generator, 200), size(generator, 300)),
  swigluLinear: (generator) => swigluLinearCase(size(generator, 100), size(generator, 200), size(generator, 100)),
  attention: randomAttention,
  embedding: (generator) => {
    const vocabSize = size(generator, 300);
    return embeddingCase(vocabSize, size(generator, 100), integers(generator, size(generator, 200), [0, vocabSize]));
  },
  crossEntropy: (generator) => {
    const vocabSize = size(generator, 700);
    return crossEntropyCase(vocabSize, integers(generator, size(generator, 100), [-1, vocabSize]));
  },
  groupNorm: randomGroupNorm,
  conv2d: randomConv2d,
};

/** The cases, the same in every run; names begin with their number, so that no two are equal. */
export const randomCases: OpCase[] = Object.entries(draws).flatMap(([op, draw]) =>
  Array.from({ length: CASES_PER_OP }, (_, index) => {
    const opCase = draw(new Generator(index, `random ${op}`), index);
    return { ...opCase, name: `${index}: ${opCase.name}` };
  }),
);
