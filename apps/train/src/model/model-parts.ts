/** What a model run works with: data, tokenizers and a fresh model of the recipe's sizes. */
import { type Dataset, openDataset, openTokenizedDataset, type TokenizedDataset } from "@interfuse/data";
import { type ImageTokenizer, type Picture, PixelTokenizer } from "@interfuse/image-tokenizer";
import { UnifiedModel } from "@interfuse/model";
import type { PipelineParts } from "@interfuse/pipeline";
import { Generator } from "@interfuse/tensor";
import { fittingExamples } from "../batches/fitting-examples.ts";
import type { TrainingImage } from "../batches/picture-encoder.ts";
import { UsageError } from "../config/usage-error.ts";
import { readImageTokenizer } from "../image-tokenizer/image-tokenizer-folder.ts";
import { hashImageTokenizer } from "../image-tokenizer/image-tokenizer-hash.ts";
import type { ModelRecipe } from "../recipes/model-recipe.ts";
import { loadTextTokenizer, trainTextTokenizer } from "../text-tokenizer/train-text-tokenizer.ts";
import { checkSide } from "./check-side.ts";
import { modelConfig, tokenizerSizes } from "./model-config.ts";

/** Everything but the run itself; the caller disposes model and tokenizers. */
export type ModelParts = PipelineParts & { readonly dataset: Dataset<TrainingImage> };

export type ModelPartsOptions = {
  readonly recipe: ModelRecipe;
  /** A folder that `openDataset` reads, or tokenized data; or pictures that are open already. */
  readonly data: string | Dataset<Picture>;
  /** A trained text tokenizer's folder; without it one is trained on the data's texts. */
  readonly textTokenizer?: string;
  /** A trained image tokenizer's folder; without it latents are raw pixels, or those of tokenized data. */
  readonly imageTokenizer?: string;
  readonly log: (line: string) => void;
};

/**
 * Opens and makes all of them.
 * @throws UsageError when the pictures have several sizes, or one that patches do not divide, or no example fits a row; Error
 *   or RangeError naming what is missing or does not fit.
 */
export async function openModelParts(options: ModelPartsOptions): Promise<ModelParts> {
  const { recipe, log } = options;
  const { dataset, imageTokenizer } = await openImages(options);
  for (const warning of dataset.report.warnings) log(`warning: ${warning}`);
  const imageSize = recipe.batch.pictureSize ?? onlySize(dataset);
  checkSide(imageSize, recipe.model.objective.patchSize * imageTokenizer.downsampling);
  const textTokenizer =
    options.textTokenizer === undefined
      ? trainTextTokenizer(dataset, { ...recipe.textTokenizer, pattern: "o200k" }, log)
      : await loadTextTokenizer(options.textTokenizer);
  const model = new UnifiedModel(
    modelConfig(recipe, tokenizerSizes(textTokenizer, imageTokenizer)),
    new Generator(recipe.seed, "model"),
  );
  const { sampleSteps, sampleGuidance, sampleSolver } = recipe.report;
  const generation = { imageSize, steps: sampleSteps, guidanceScale: sampleGuidance, solver: sampleSolver };
  const parts = { textTokenizer, imageTokenizer, model, generation };
  return { dataset: fittingExamples(dataset, { ...parts, imageSize, tokens: recipe.batch.tokens, log }), ...parts };
}

/** The data, and the tokenizer that reads its pictures or has read them already. */
async function openImages({
  recipe,
  data,
  imageTokenizer,
  log,
}: ModelPartsOptions): Promise<{ dataset: Dataset<TrainingImage>; imageTokenizer: ImageTokenizer }> {
  if (typeof data === "string") {
    const tokenized = await openTokenizedDataset(data);
    if (tokenized !== undefined) return openTokenized(tokenized, { recipe, data, imageTokenizer, log });
  }
  const { pictureSize } = recipe.batch;
  const tokenizer = imageTokenizer === undefined ? new PixelTokenizer() : await readImageTokenizer(imageTokenizer);
  if (pictureSize !== null) checkSide(pictureSize, recipe.model.objective.patchSize * tokenizer.downsampling);
  const dataset = typeof data === "string" ? await openDataset(data, { size: pictureSize ?? undefined }) : data;
  return { dataset, imageTokenizer: tokenizer };
}

async function openTokenized(
  { dataset, tokenization, tokenizerFolder }: TokenizedDataset,
  { recipe, data, imageTokenizer, log }: ModelPartsOptions & { readonly data: string },
): Promise<{ dataset: Dataset<TrainingImage>; imageTokenizer: ImageTokenizer }> {
  const { pictureSize } = recipe.batch;
  if (pictureSize !== null && pictureSize !== onlySize(dataset)) {
    throw new UsageError(
      `batch.pictureSize (=${pictureSize}): the pictures of "${data}" are encoded at ${onlySize(dataset)} and cannot be resized; set it to null, or encode them again with --size ${pictureSize}`,
    );
  }
  const folder = imageTokenizer ?? tokenizerFolder;
  const tokenizer = await readImageTokenizer(folder);
  const hash = await hashImageTokenizer(tokenizer);
  if (hash !== tokenization.imageTokenizer.hash) {
    tokenizer.dispose();
    throw new UsageError(
      `--data ${data}: was encoded by image tokenizer ${shorten(tokenization.imageTokenizer.hash)} (${tokenization.imageTokenizer.type}), not by the one in "${folder}", ${shorten(hash)} (${tokenizer.config.type}); leave --image-tokenizer out, or encode the data again with "interfuse tokenize encode"`,
    );
  }
  log(`data encoded by image tokenizer ${shorten(hash)} (${tokenizer.config.type}), ${tokenization.kind}`);
  return { dataset, imageTokenizer: tokenizer };
}

function shorten(hash: string): string {
  return hash.slice(0, 12);
}

/** The side of the pictures, when they are all of one square size. */
function onlySize(dataset: Dataset<TrainingImage>): number {
  const sizes = Object.keys(dataset.report.sizes);
  const [width, height] = (sizes[0] ?? "").split("x").map(Number);
  if (sizes.length !== 1 || width === undefined || width !== height) {
    throw new UsageError(
      `--data ${dataset.report.folder}: pictures must be squares of one size (they are ${sizes.slice(0, 5).join(", ")}); fit them with --set batch.pictureSize=64`,
    );
  }
  return width;
}
