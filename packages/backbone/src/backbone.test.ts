// L tokens, D model dim
import { Generator, initNormal, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { Backbone } from "./backbone.ts";
import type { BackboneConfigInput } from "./config.ts";
import { KvCache } from "./kv-cache.ts";

const SIZES: BackboneConfigInput = { modelDim: 24, numLayers: 2, numHeads: 4, numKvHeads: 2, headDim: 6, mlpDim: 20 };

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** Text positions from `start`, every axis the same. */
function textPositions(numTokens: number, start = 0): Float32Array {
  return Float32Array.from({ length: 3 * numTokens }, (_, index) => start + Math.floor(index / 3));
}

/** Each token sees rows `[start, own]`, where a token's own row is `start + offset + i`. */
function causalRanges(numTokens: number, { start = 0, offset = 0 } = {}): Int32Array {
  return Int32Array.from(Array.from({ length: numTokens }, (_, i) => [start, start + offset + i + 1, 0, 0]).flat());
}

/** Gives every parameter a random value, so that no gain is 1 and no zero-initialised weight is 0. */
function randomise(model: Backbone, seed: number): void {
  const generator = new Generator(seed);
  for (const [name, variable] of model.parameters()) {
    const noise = initNormal(generator.fork(name), variable.shape, 0.3);
    variable.assign(tf.tidy(() => variable.add(noise)));
    noise.dispose();
  }
}

function randomRows(numRows: number, dim: number, seed: number): tf.Tensor2D {
  return tf.tensor2d(new Generator(seed).normalArray(numRows * dim), [numRows, dim]);
}

function maxDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < actual.length; i++)
    largest = Math.max(largest, Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN)));
  return largest;
}

describe("Backbone.forward", () => {
  it.each([
    ["plain", {}],
    ["with QK-norm", { useQkNorm: true }],
    ["with experts", { numExperts: 2 }],
  ])("gives with a cache what it gives without, in chunks and token by token: %s", (_, change) => {
    const model = new Backbone({ ...SIZES, ...change }, new Generator(1));
    randomise(model, 2);
    const numTokens = 9;
    const embeddings = randomRows(numTokens, 24, 3);
    const experts = "numExperts" in change ? Int32Array.from([0, 1, 1, 0, 0, 1, 0, 0, 1]) : undefined;
    const whole = model.forward({
      embeddings_LD: embeddings,
      positions_L3: textPositions(numTokens),
      keyRanges: causalRanges(numTokens),
      ...(experts && { expert_L: experts }),
    });

    const base = 2;
    const cache = new KvCache(model.config, 16);
    const pieces: number[] = [];
    for (const [start, end] of [
      [0, 4],
      [4, 7],
      [7, 8],
      [8, 9],
    ] as const) {
      const slots = Int32Array.from({ length: end - start }, (__, i) => base + start + i);
      const output = model.forward({
        embeddings_LD: embeddings.slice([start, 0], [end - start, 24]),
        positions_L3: textPositions(end - start, start),
        keyRanges: causalRanges(end - start, { start: base, offset: start }),
        cache: { cache, slots },
        ...(experts && { expert_L: experts.slice(start, end) }),
      });
      pieces.push(...output.dataSync());
    }
    expect(maxDifference(pieces, whole.dataSync())).toBeLessThan(1e-4);
  });

  it("forgets what stood in a slot that is written again", () => {
    const model = new Backbone(SIZES, new Generator(1));
    const cache = new KvCache(model.config, 8);
    const run = (seed: number) =>
      model
        .forward({
          embeddings_LD: randomRows(3, 24, seed),
          positions_L3: textPositions(3),
          keyRanges: causalRanges(3, { start: 4 }),
          cache: { cache, slots: Int32Array.of(4, 5, 6) },
        })
        .dataSync();
    const first = run(10);
    run(11);
    expect(run(10)).toEqual(first);
  });

  it("keeps packed documents apart, bit for bit, and does not care about their order", () => {
    const model = new Backbone(SIZES, new Generator(1));
    const [first, second, other] = [randomRows(4, 24, 1), randomRows(3, 24, 2), randomRows(3, 24, 3)];
    const run = (documents: tf.Tensor2D[]) => {
      const lengths = documents.map((document) => document.shape[0]);
      const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
      const output = model.forward({
        embeddings_LD: tf.concat(documents, 0),
        positions_L3: Float32Array.from(lengths.flatMap((length) => [...textPositions(length)])),
        keyRanges: Int32Array.from(
          lengths.flatMap((length, i) => [...causalRanges(length, { start: starts[i] ?? 0 })]),
        ),
      });
      return tf.split(output, lengths, 0).map((rows) => rows.dataSync());
    };
    const packed = run([first, second]);
    expect(run([first, other])[0]).toEqual(packed[0]);
    const swapped = run([second, first]);
    expect(maxDifference(swapped[0] ?? [], packed[1] ?? [])).toBeLessThan(1e-5);
    expect(maxDifference(swapped[1] ?? [], packed[0] ?? [])).toBeLessThan(1e-5);
    expect(maxDifference(run([second])[0] ?? [], packed[1] ?? [])).toBeLessThan(1e-5);
  });

  it("lets bidirectional ranges see what follows", () => {
    const model = new Backbone(SIZES, new Generator(1));
    const keyRanges = Int32Array.from([1, 2, 3].flatMap(() => [0, 2, 2, 3]));
    const run = (seed: number) => {
      const embeddings_LD = tf.concat([randomRows(2, 24, 1), randomRows(1, 24, seed)], 0);
      return model
        .forward({ embeddings_LD, positions_L3: textPositions(3), keyRanges })
        .slice([0, 0], [1, 24])
        .dataSync();
    };
    expect(maxDifference(run(5), run(6))).toBeGreaterThan(1e-3);
  });

  it("shares each key/value head between its query heads", () => {
    const grouped = new Backbone(SIZES, new Generator(1));
    const full = new Backbone({ ...SIZES, numKvHeads: 4 }, new Generator(2));
    const fullParameters = full.parameters();
    for (const [name, variable] of grouped.parameters()) {
      const target = fullParameters.get(name) as tf.Variable;
      if (!name.endsWith("query_key_value.weight")) {
        target.assign(variable.clone());
        continue;
      }
      // Repeat every key and value head once for each of its two query heads.
      const [query, key, value] = tf.split(variable as tf.Tensor as tf.Tensor2D, [24, 12, 12], 0);
      const repeat = (rows: tf.Tensor) => {
        const [a, b] = tf.split(rows, 2, 0) as [tf.Tensor, tf.Tensor];
        return tf.concat([a, a, b, b], 0);
      };
      target.assign(tf.concat([query as tf.Tensor, repeat(key as tf.Tensor), repeat(value as tf.Tensor)], 0));
    }
    const input = { embeddings_LD: randomRows(5, 24, 3), positions_L3: textPositions(5), keyRanges: causalRanges(5) };
    expect(maxDifference(grouped.forward(input).dataSync(), full.forward(input).dataSync())).toBeLessThan(1e-5);
  });

  it("starts unconditioned, and ignores zero conditioning always", () => {
    const plain = new Backbone(SIZES, new Generator(1));
    const conditioned = new Backbone({ ...SIZES, conditioningDim: 5 }, new Generator(1));
    const input = { embeddings_LD: randomRows(4, 24, 3), positions_L3: textPositions(4), keyRanges: causalRanges(4) };
    const expected = plain.forward(input).dataSync();
    const random = randomRows(4, 5, 4);
    expect(maxDifference(conditioned.forward({ ...input, conditioning_LD: random }).dataSync(), expected)).toBe(0);
    for (const [name, variable] of conditioned.parameters()) {
      if (name.includes("modulation")) variable.assign(initNormal(new Generator(7), variable.shape, 1));
    }
    const zero = conditioned.forward({ ...input, conditioning_LD: tf.zeros([4, 5]) });
    expect(maxDifference(zero.dataSync(), expected)).toBe(0);
    const moved = conditioned.forward({ ...input, conditioning_LD: random });
    expect(maxDifference(moved.dataSync(), expected)).toBeGreaterThan(1e-2);
  });

  it("equals the single model when the experts have equal weights, and differs per token when they do not", () => {
    const single = new Backbone(SIZES, new Generator(1));
    const mixed = new Backbone({ ...SIZES, numExperts: 3 }, new Generator(2));
    const singleParameters = single.parameters();
    for (const [name, variable] of mixed.parameters()) {
      const source = singleParameters.get(name.replace(/experts\.\d+\./, "")) as tf.Variable;
      variable.assign(source.clone());
    }
    const input = { embeddings_LD: randomRows(5, 24, 3), positions_L3: textPositions(5), keyRanges: causalRanges(5) };
    const expected = single.forward(input).dataSync();
    // Expert 1 owns no token at all.
    const expert_L = Int32Array.of(2, 0, 2, 0, 0);
    expect(maxDifference(mixed.forward({ ...input, expert_L }).dataSync(), expected)).toBeLessThan(1e-5);

    const name = "layers.1.mlp.down.experts.2.weight";
    mixed
      .parameters()
      .get(name)
      ?.assign(initNormal(new Generator(9), [24, 20], 1));
    const changed = mixed.forward({ ...input, expert_L }).dataSync();
    for (let row = 0; row < 5; row++) {
      const difference = maxDifference(changed.slice(24 * row, 24 * row + 24), expected.slice(24 * row, 24 * row + 24));
      if (expert_L[row] === 2) expect(difference).toBeGreaterThan(1e-2);
      else expect(difference).toBeLessThan(1e-5);
    }
  });

  it("sends a gradient to every parameter and to the embeddings, and leaks nothing", () => {
    const model = new Backbone({ ...SIZES, useQkNorm: true, conditioningDim: 5, numExperts: 2 }, new Generator(1));
    randomise(model, 2);
    const embeddings_LD = tf.variable(randomRows(6, 24, 3));
    const conditioning_LD = randomRows(6, 5, 4);
    const target = randomRows(6, 24, 5);
    const expert_L = Int32Array.of(0, 1, 0, 1, 1, 0);
    const parameters = new Map<string, tf.Variable>([...model.parameters(), ["embeddings", embeddings_LD]]);
    const positions_L3 = textPositions(6);
    const keyRanges = causalRanges(6);
    const step = () =>
      valueAndGrads(
        () => ({
          loss: model
            .forward({
              embeddings_LD: embeddings_LD as tf.Tensor as tf.Tensor2D,
              positions_L3,
              keyRanges,
              conditioning_LD,
              expert_L,
            })
            .mul(target)
            .sum() as tf.Scalar,
        }),
        parameters,
      );
    const before = tf.memory().numTensors;
    const { outputs, gradients } = step();
    expect([...gradients.keys()].sort()).toEqual([...parameters.keys()].sort());
    for (const [name, gradient] of gradients) {
      expect(gradient.shape, name).toEqual(parameters.get(name)?.shape);
      expect(gradient.abs().max().dataSync()[0], name).toBeGreaterThan(0);
    }
    tf.dispose([outputs.loss, ...gradients.values()]);
    const leaked = tf.memory().numTensors - before - 2 * gradients.size;
    expect(leaked).toBe(0);
  });

  it("leaves exactly one tensor behind, and frees the cache", () => {
    const model = new Backbone({ ...SIZES, numExperts: 2 }, new Generator(1));
    const embeddings_LD = randomRows(4, 24, 3);
    const before = tf.memory().numTensors;
    const cache = new KvCache(model.config, 8);
    expect(tf.memory().numTensors - before).toBe(4);
    const output = model.forward({
      embeddings_LD,
      positions_L3: textPositions(4),
      keyRanges: causalRanges(4),
      cache: { cache, slots: Int32Array.of(0, 1, 2, 3) },
      expert_L: Int32Array.of(0, 1, 1, 0),
    });
    expect(tf.memory().numTensors - before).toBe(5);
    output.dispose();
    cache.dispose();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    embeddings_LD.dispose();
  });

  it("names what does not fit", () => {
    const model = new Backbone(SIZES, new Generator(1));
    const input = { embeddings_LD: randomRows(2, 24, 3), positions_L3: textPositions(2), keyRanges: causalRanges(2) };
    expect(() => model.forward({ ...input, embeddings_LD: randomRows(2, 8, 3) })).toThrow("modelDim (=24)");
    expect(() => model.forward({ ...input, positions_L3: textPositions(3) })).toThrow(
      "positions_L3 has 9 entries; 2 tokens need 6",
    );
    expect(() => model.forward({ ...input, expert_L: Int32Array.of(0, 0) })).toThrow("numExperts is 1");
    expect(() => model.forward({ ...input, conditioning_LD: randomRows(2, 3, 1) })).toThrow(
      "conditioningDim is not set",
    );
    const foreign = new KvCache({ ...model.config, numKvHeads: 4 }, 4);
    expect(() => model.forward({ ...input, cache: { cache: foreign, slots: Int32Array.of(0, 1) } })).toThrow(
      "this model needs 2 of [4,2,6]",
    );
    expect(() => new KvCache(model.config, 0)).toThrow("capacity (=0)");
    const experts = new Backbone({ ...SIZES, numExperts: 2 }, new Generator(1));
    expect(() => experts.forward(input)).toThrow("expert_L is missing");
    expect(() => experts.forward({ ...input, expert_L: Int32Array.of(0, 2) })).toThrow(
      "expert_L[1] (=2) must be in [0, 2)",
    );
  });

  it("names its parameters as documented and makes the same weights from the same seed", () => {
    const model = new Backbone({ ...SIZES, numLayers: 1 }, new Generator(1));
    expect([...model.parameters()].map(([name, { shape }]) => `${name} [${shape}]`).sort()).toEqual([
      "layers.0.attention.output.weight [24,24]",
      "layers.0.attention.query_key_value.weight [48,24]",
      "layers.0.attention_norm.weight [24]",
      "layers.0.mlp.down.weight [24,20]",
      "layers.0.mlp.gate_up.weight [40,24]",
      "layers.0.mlp_norm.weight [24]",
      "norm.weight [24]",
    ]);
    const again = new Backbone({ ...SIZES, numLayers: 1 }, new Generator(1));
    for (const [name, variable] of again.parameters()) {
      expect(variable.dataSync(), name).toEqual(model.parameters().get(name)?.dataSync());
    }
  });
});
