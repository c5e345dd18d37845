/**
 * The work that both programs of a comparison do: documents of text and one image, and models of four sizes.
 *
 * A document is 16 text tokens, begin-of-image, 64 patches of 48 numbers, end-of-image and 14 text tokens: 96 in all. Every
 * text token but the first is a target and the image is noised in place, so the paper's mask (causal, bidirectional within
 * the image) is the same for each document, which is what a peer with a batch axis wants.
 */
import type { Document, ModelConfigInput } from "@interfuse/model";
import { Generator } from "@interfuse/tensor";

export const WORKLOAD = { vocabSize: 512, textBefore: 16, textAfter: 14, gridSize: 8, latentChannels: 48 } as const;

/** Tokens of one document. */
export const TOKENS_PER_DOCUMENT = WORKLOAD.textBefore + WORKLOAD.gridSize ** 2 + 2 + WORKLOAD.textAfter;

/** A model's shape. */
export interface ModelShape {
  readonly modelDim: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly mlpDim: number;
}

/** Shapes by their rounded number of parameters. */
const SHAPES: Readonly<Record<string, ModelShape>> = {
  "7M": { modelDim: 256, numLayers: 8, numHeads: 4, mlpDim: 704 },
  "25M": { modelDim: 512, numLayers: 8, numHeads: 8, mlpDim: 1408 },
  "110M": { modelDim: 768, numLayers: 16, numHeads: 12, mlpDim: 2048 },
  "1B": { modelDim: 2048, numLayers: 20, numHeads: 16, mlpDim: 5504 },
};

/** The shape of this size. @throws RangeError naming the sizes there are. */
export function shapeOf(size: string): ModelShape {
  const shape = SHAPES[size];
  if (shape === undefined)
    throw new RangeError(`bench: unknown size "${size}"; there are ${Object.keys(SHAPES).join(", ")}`);
  return shape;
}

/** The config of a model of this shape for the workload. */
export function modelConfig(shape: ModelShape): ModelConfigInput {
  return {
    vocabSize: WORKLOAD.vocabSize,
    frame: { boi: 1, eoi: 2, eos: 3 },
    contextPolicy: "noisy",
    backbone: shape,
    objective: { latentChannels: WORKLOAD.latentChannels },
  };
}

/** `numDocuments` documents with random content. */
export function makeDocuments(numDocuments: number): Document[] {
  const generator = new Generator(7, "bench");
  const text = (length: number, isFirst: boolean) => {
    const tokenIds = Array.from({ length }, () => 4 + generator.integer(WORKLOAD.vocabSize - 4));
    return { kind: "text", tokenIds, lossMask: tokenIds.map((_, index) => index > 0 || !isFirst) } as const;
  };
  const { gridSize, latentChannels, textBefore, textAfter } = WORKLOAD;
  return Array.from({ length: numDocuments }, () => ({
    parts: [
      text(textBefore, true),
      {
        kind: "image",
        latents: generator.normalArray(gridSize * gridSize * latentChannels),
        height: gridSize,
        width: gridSize,
        hasLoss: true,
      },
      text(textAfter, false),
    ],
  }));
}
