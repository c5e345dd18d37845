import {
  type DiffusionConfigInput,
  DiffusionObjective,
  type ImagePart,
  type PatchBatch,
  patchGrid,
  resolveModelConfig,
} from "@interfuse/model";
import { Generator, initNormal, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { adapters, image, tinyConfig } from "./fixtures.ts";

// The adapter as its objective uses it, with hidden states that are the tokens: as if the backbone changed nothing.

const MODEL_DIM = 24;

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** An objective whose every parameter is random, so that its output depends on all of them. */
function randomObjective(input: DiffusionConfigInput): DiffusionObjective {
  const generator = new Generator(5);
  const config = resolveModelConfig(tinyConfig({ objective: input })).objective;
  const objective = new DiffusionObjective(config, MODEL_DIM, generator);
  for (const [name, variable] of objective.parameters()) {
    tf.tidy(() => variable.assign(variable.add(initNormal(generator.fork(name), variable.shape, 0.15))));
  }
  return objective;
}

type NoisyImage = ImagePart & { readonly timestep: number };

/** Four images of three sizes, the two equal ones apart. */
const images: NoisyImage[] = [
  { ...image(1), timestep: 0.2 },
  { ...image(2, { height: 2, width: 6 }), timestep: 0.9 },
  { ...image(3), timestep: 0 },
  { ...image(4, { height: 2, width: 2 }), timestep: 0.5 },
];

/** Call within a tidy. */
function batchOf(objective: DiffusionObjective, batch: readonly NoisyImage[]): PatchBatch {
  const patches = batch.flatMap((entry) => [...objective.cleanPatches(entry)]);
  const { patchSize, latentChannels } = objective;
  return {
    patches_PF: tf.tensor1d(patches).reshape([-1, patchSize ** 2 * latentChannels]),
    timesteps: Float32Array.from(batch, ({ timestep }) => timestep),
    grids: batch.map(({ height, width }) => patchGrid(height, width, objective.patchSize)),
  };
}

/** Tokens and predictions of each picked image of a batch. */
function passThrough(objective: DiffusionObjective, batch: readonly NoisyImage[], picked = [...batch.keys()]) {
  return tf.tidy(() => {
    const input = batchOf(objective, batch);
    const { tokens_PD, carry } = objective.enter(input);
    const perImage = tf.split<tf.Tensor2D>(
      tokens_PD,
      input.grids.map(({ numTokens }) => numTokens),
    );
    const predictions = objective.read(
      tf.concat2d(
        picked.map((index) => perImage[index]!),
        0,
      ),
      carry,
      picked,
    );
    const sizes = picked.map((index) => input.grids[index]!.numTokens);
    const values = (tensor: tf.Tensor) => Float32Array.from(tensor.dataSync());
    return {
      tokens: picked.map((index) => values(perImage[index]!)),
      predictions: tf.split(predictions, sizes).map(values),
      shapes: { tokens: tokens_PD.shape, predictions: predictions.shape },
    };
  });
}

function expectClose(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  const differences = actual.map((values, i) =>
    Math.max(...values.map((value, j) => Math.abs(value - expected[i]![j]!))),
  );
  expect(Math.max(...differences)).toBeLessThan(1e-5);
}

describe("the U-Net adapter", () => {
  it("gives each image of a row of several sizes what it gets alone, and frees the rest", () => {
    const objective = randomObjective(adapters[1][1]);
    const before = tf.memory().numTensors;
    const together = passThrough(objective, images);
    const alone = images.map((entry) => passThrough(objective, [entry]));
    expect(tf.memory().numTensors).toBe(before);
    expect(together.shapes).toEqual({ tokens: [12, MODEL_DIM], predictions: [12, 8] });
    expectClose(
      together.tokens,
      alone.map(({ tokens }) => tokens[0]!),
    );
    expectClose(
      together.predictions,
      alone.map(({ predictions }) => predictions[0]!),
    );
    objective.dispose();
  });

  it("does not depend on the order of the images", () => {
    const objective = randomObjective(adapters[1][1]);
    const order = [3, 2, 0, 1];
    const { tokens, predictions } = passThrough(objective, images);
    const reordered = passThrough(
      objective,
      order.map((index) => images[index]!),
    );
    expectClose(
      reordered.tokens,
      order.map((index) => tokens[index]!),
    );
    expectClose(
      reordered.predictions,
      order.map((index) => predictions[index]!),
    );
    objective.dispose();
  });

  it.each([[[0]], [[2]], [[2, 0]], [[3, 1]], [[1, 2]], [[2, 3, 0]]])(
    "reads images %j alone as it reads all",
    (picked) => {
      const objective = randomObjective(adapters[1][1]);
      const { predictions } = passThrough(objective, images);
      expectClose(
        passThrough(objective, images, picked).predictions,
        picked.map((index) => predictions[index]!),
      );
      objective.dispose();
    },
  );

  it("lets patches and timesteps past the backbone: equal hidden states give other predictions", () => {
    const objective = randomObjective(adapters[1][1]);
    const read = (entry: NoisyImage) =>
      tf.tidy(() => {
        const { carry } = objective.enter(batchOf(objective, [entry]));
        return Float32Array.from(objective.read(tf.ones([4, MODEL_DIM]), carry, [0]).dataSync());
      });
    const first = read({ ...image(1), timestep: 0.2 });
    expect(read({ ...image(1), timestep: 0.2 })).toEqual(first);
    expect(read({ ...image(2), timestep: 0.2 })).not.toEqual(first);
    expect(read({ ...image(1), timestep: 0.3 })).not.toEqual(first);
    objective.dispose();
  });

  it.each([
    ["latents at a quarter of the size", { latentChannels: 4, patchSize: 2, channels: [8] }, 8, 16],
    ["latents at an eighth", { latentChannels: 4, patchSize: 2, channels: [8] }, 4, 4],
    ["pixels", { latentChannels: 3, patchSize: 8, channels: [8] }, 32, 16],
    ["pixels by two levels", { latentChannels: 3, patchSize: 8, channels: [8, 16] }, 32, 16],
    ["pixels by three levels", { latentChannels: 3, patchSize: 8, channels: [16, 8, 24] }, 32, 16],
  ])("takes %s of a 32-pixel picture", (_, { channels, ...sizes }, side, numTokens) => {
    const objective = randomObjective({ ...sizes, adapter: { kind: "unet", channels } });
    const latents = new Generator(1).normalArray(side * side * sizes.latentChannels);
    const entry = { kind: "image", latents, height: side, width: side, hasLoss: false, timestep: 0.5 } as const;
    const { shapes, predictions } = passThrough(objective, [entry]);
    const numFeatures = sizes.patchSize ** 2 * sizes.latentChannels;
    expect(shapes).toEqual({ tokens: [numTokens, MODEL_DIM], predictions: [numTokens, numFeatures] });
    expect(predictions[0]!.every(Number.isFinite)).toBe(true);
    objective.dispose();
  });
});
