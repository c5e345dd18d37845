import { type Document, type ImagePart, type ModelConfigInput, UnifiedModel } from "@interfuse/model";
import { Generator, initNormal, tf } from "@interfuse/tensor";

/** A vocabulary of 16: bos 0, eos 1, boi 2, eoi 3, words from 4. */
export const ids = { bos: 0, eos: 1, boi: 2, eoi: 3 };

/** A model small enough for the portable ops, over 2-channel latents in 2x2 patches. */
export function tinyConfig(overrides: Partial<ModelConfigInput> = {}): ModelConfigInput {
  return {
    vocabSize: 16,
    frame: { boi: ids.boi, eoi: ids.eoi, eos: ids.eos },
    contextLength: 64,
    backbone: { modelDim: 24, numLayers: 2, numHeads: 2, numKvHeads: 1, mlpDim: 32 },
    objective: { latentChannels: 2, patchSize: 2 },
    ...overrides,
  };
}

/** Both adapters over the latents of `tinyConfig`. */
export const adapters = [
  ["linear", { latentChannels: 2, patchSize: 2 }],
  ["unet", { latentChannels: 2, patchSize: 2, adapter: { kind: "unet", channels: [8] } }],
] as const satisfies [string, ModelConfigInput["objective"]][];

/** A model whose every parameter is random, so that nothing that starts at zero hides a mistake. */
export function randomModel(overrides: Partial<ModelConfigInput> = {}, seed = 7): UnifiedModel {
  const generator = new Generator(seed, "weights");
  const model = new UnifiedModel(tinyConfig(overrides), generator);
  for (const [name, variable] of model.parameters()) {
    tf.tidy(() => variable.assign(variable.add(initNormal(generator.fork(`noise ${name}`), variable.shape, 0.15))));
  }
  return model;
}

export function text(...tokenIds: number[]) {
  return { kind: "text" as const, tokenIds };
}

/** Text whose every token is a target. */
export function answer(...tokenIds: number[]) {
  return { kind: "text" as const, tokenIds, lossMask: tokenIds.map(() => true) };
}

export function image(seed: number, { height = 4, width = 4, hasLoss = false } = {}): ImagePart {
  const latents = new Generator(seed, "latents").normalArray(height * width * 2);
  return { kind: "image", latents, height, width, hasLoss };
}

/** Drawing, describing, editing and plain text, as documents. */
export function sampleDocuments(): Document[] {
  return [
    { id: "draw", parts: [text(ids.bos, 4, 5), image(1, { hasLoss: true }), answer(ids.eos)] },
    { id: "describe", parts: [text(ids.bos), image(2, { width: 2 }), answer(6, 7, ids.eos)] },
    { id: "draw and describe", parts: [text(ids.bos, 8), image(3, { hasLoss: true }), answer(9, 10, ids.eos)] },
    { id: "edit", parts: [text(ids.bos), image(4), text(11), image(5, { height: 2, hasLoss: true }), answer(ids.eos)] },
    { id: "text", parts: [text(ids.bos, 4), answer(12, 13, ids.eos)] },
  ];
}
