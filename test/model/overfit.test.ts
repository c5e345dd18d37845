import { type Document, generate, UnifiedModel } from "@interfuse/model";
import { adamwUpdate, Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { answer, ids, text, tinyConfig } from "./fixtures.ts";

beforeAll(async () => {
  await useBackend({ backend: "auto", device: "cpu", precision: "f32", threads: 1 });
});

// Two words, two textures: word 4 is upright stripes, word 5 level ones. A drawn picture is then named by a word that is
// 4 higher, and a given one by its own.
const pictures = new Map([
  [4, picture((_row, column) => column % 2 === 0)],
  [5, picture((row) => row % 2 === 0)],
]);

function picture(isBright: (row: number, column: number) => boolean): Float32Array {
  return Float32Array.from({ length: 16 }, (_, index) => (isBright(Math.floor(index / 4), index % 4) ? 1 : -1));
}

function trainingDocuments(): Document[] {
  return [...pictures].flatMap(([word, latents]) => {
    const image = { kind: "image" as const, latents, height: 4, width: 4 };
    return [
      { parts: [text(ids.bos, word), { ...image, hasLoss: true }, answer(word + 4, ids.eos)] },
      { parts: [text(ids.bos), { ...image, hasLoss: false }, answer(word, ids.eos)] },
    ];
  });
}

function train(model: UnifiedModel, numSteps: number): void {
  const parameters = model.parameters();
  const zeros = () => new Map([...parameters].map(([name, { shape }]) => [name, tf.variable(tf.zeros(shape))]));
  const [firstMoments, secondMoments] = [zeros(), zeros()];
  const layout = model.layout(trainingDocuments(), { noisedCopies: 3 });
  for (let step = 1; step <= numSteps; step++) {
    const { outputs, gradients } = valueAndGrads(() => {
      const sums = model.lossSums(layout, new Generator(1).fork(step));
      const textLoss = sums.textLossSum.div(sums.numTextTargets);
      return { loss: textLoss.add(sums.imageLossSum.mul(5 / sums.numImages)) as tf.Scalar };
    }, parameters);
    const { gradNorm } = adamwUpdate(
      { parameters, gradients, firstMoments, secondMoments },
      {
        learningRate: 5e-3 * Math.min(1, 2 - (2 * step) / numSteps),
        beta1: 0.9,
        beta2: 0.95,
        epsilon: 1e-8,
        weightDecay: 0,
        step,
      },
    );
    tf.dispose([outputs.loss, gradNorm, ...gradients.values()]);
  }
  tf.dispose([...firstMoments.values(), ...secondMoments.values()]);
}

async function draw(model: UnifiedModel, word: number): Promise<{ latents: Float32Array; words: number[] }> {
  const options = {
    generator: new Generator(word),
    temperature: 0,
    maxTokens: 4,
    image: { height: 4, width: 4, numSteps: 10 },
  };
  let latents = new Float32Array(0);
  const words: number[] = [];
  for await (const event of generate(model, { parts: [text(ids.bos, word)] }, options)) {
    if (event.type === "image-end") latents = Float32Array.from(event.latents);
    if (event.type === "text") words.push(event.tokenId);
  }
  return { latents, words };
}

async function describeImage(model: UnifiedModel, latents: Float32Array): Promise<number[]> {
  const prompt: Document = {
    parts: [text(ids.bos), { kind: "image", latents, height: 4, width: 4, hasLoss: false }],
  };
  const words: number[] = [];
  for await (const event of generate(model, prompt, { generator: new Generator(0), temperature: 0, maxTokens: 4 })) {
    if (event.type === "text") words.push(event.tokenId);
  }
  return words;
}

describe("a toy of two words and two pictures", { timeout: 180_000 }, () => {
  it.each([
    ["clean", "velocity", 120],
    ["noisy", "sample", 60],
  ] as const)(
    "is learnt in seconds: drawn, named and described (%s context, %s)",
    async (contextPolicy, predictionType, numSteps) => {
      const objective = { latentChannels: 1, patchSize: 2, predictionType };
      const backbone = { modelDim: 32, numLayers: 2, numHeads: 2, mlpDim: 64 };
      const model = new UnifiedModel(tinyConfig({ contextPolicy, objective, backbone }), new Generator(2));
      train(model, numSteps);
      for (const [word, latents] of pictures) {
        const drawn = await draw(model, word);
        expect(drawn.words).toEqual([word + 4]);
        const error = drawn.latents.reduce((sum, value, i) => sum + (value - latents[i]!) ** 2, 0) / 16;
        expect(error).toBeLessThan(0.1); // the other picture is at 2, a blank one at 1
        expect(await describeImage(model, latents)).toEqual([word]);
      }
      model.dispose();
    },
  );
});
