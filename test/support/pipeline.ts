/** A tiny model with random weights, and pictures, for tests of `@interfuse/pipeline`. */
import { imageTokenizerFromConfig, type Picture } from "@interfuse/image-tokenizer";
import { UnifiedModel } from "@interfuse/model";
import type { PipelineParts } from "@interfuse/pipeline";
import { Generator, tf } from "@interfuse/tensor";
import { TextTokenizer, trainBpe } from "@interfuse/text-tokenizer";

/** Size of the pictures that the tiny model draws by default. */
export const SIZE = 8;

/**
 * Parts of a pipeline: raw pixels in 4x4 patches, or a small KL autoencoder. Every weight is random, the zero-initialised
 * ones too, so that outputs depend on the prompt.
 */
export function tinyParts(
  options: { seed?: number; useAutoencoder?: boolean; contextLength?: number } = {},
): PipelineParts {
  const { seed = 1, useAutoencoder = false, contextLength = 128 } = options;
  const textTokenizer = TextTokenizer.fromVocabulary(
    trainBpe(["a small red circle left of a blue square describe the picture"], { vocabSize: 266 }),
  );
  const imageTokenizer = useAutoencoder
    ? imageTokenizerFromConfig(
        {
          type: "kl-autoencoder",
          baseChannels: 8,
          channelMultipliers: [1, 1, 1],
          blocksPerLevel: 1,
          latentChannels: 4,
          normGroups: 4,
        },
        new Generator(seed),
      )
    : imageTokenizerFromConfig({ type: "pixels" }, new Generator(seed));
  const { specialTokens } = textTokenizer;
  const model = new UnifiedModel(
    {
      vocabSize: textTokenizer.vocabSize,
      frame: {
        boi: specialTokens["<|boi|>"] as number,
        eoi: specialTokens["<|eoi|>"] as number,
        eos: specialTokens["<|eos|>"] as number,
      },
      contextLength,
      backbone: { modelDim: 24, numLayers: 2, numHeads: 2 },
      objective: { latentChannels: imageTokenizer.latentChannels, patchSize: useAutoencoder ? 1 : 4 },
    },
    new Generator(seed),
  );
  randomise(model.parameters(), new Generator(seed).fork("weights"));
  return { model, textTokenizer, imageTokenizer, generation: { imageSize: SIZE, steps: 3, guidanceScale: 2 } };
}

function randomise(parameters: ReadonlyMap<string, tf.Variable>, generator: Generator): void {
  for (const [name, variable] of parameters) {
    const values = generator
      .fork(name)
      .normalArray(variable.size)
      .map((value) => value * 0.3);
    tf.tidy(() => variable.assign(variable.add(tf.tensor(values, variable.shape))));
  }
}

/** A picture of random pixels. */
export function randomPicture(seed: number, width = SIZE, height = SIZE): Picture {
  const generator = new Generator(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => generator.integer(256)) };
}
