/** What a run of `train model` would be, without the run. */
import { PixelTokenizer } from "@interfuse/image-tokenizer";
import { type ModelConfig, UnifiedModel } from "@interfuse/model";
import { Generator } from "@interfuse/tensor";
import { TextTokenizer, trainBpe } from "@interfuse/text-tokenizer";
import { readImageTokenizer } from "../image-tokenizer/image-tokenizer-folder.ts";
import type { ModelRecipe } from "../recipes/model-recipe.ts";
import { loadTextTokenizer } from "../text-tokenizer/train-text-tokenizer.ts";
import { checkSide } from "./check-side.ts";
import { modelConfig, tokenizerSizes } from "./model-config.ts";
import type { ModelPartsOptions } from "./model-parts.ts";
import { trainingMemory } from "./training-cost.ts";

/** Sizes of a run. */
export type DryRun = {
  /** The recipe after its overrides. */
  readonly recipe: ModelRecipe;
  /** The model's config with everything derived. */
  readonly model: ModelConfig;
  readonly numParameters: number;
  /** Estimated bytes while training. */
  readonly memoryBytes: number;
  /** Tokens that one update trains on. */
  readonly tokensPerStep: number;
};

/**
 * Sizes of a model run. Without a text tokenizer it counts with the recipe's vocabulary size.
 * @throws RangeError or TypeError when the settings are not those of a model; UsageError when patches do not divide its pictures.
 */
export async function dryRunModel(
  options: Pick<ModelPartsOptions, "recipe" | "textTokenizer" | "imageTokenizer">,
  { isBf16 }: { isBf16: boolean },
): Promise<DryRun> {
  const { recipe } = options;
  const textTokenizer =
    options.textTokenizer === undefined ? untrainedTextTokenizer() : await loadTextTokenizer(options.textTokenizer);
  const imageTokenizer =
    options.imageTokenizer === undefined ? new PixelTokenizer() : await readImageTokenizer(options.imageTokenizer);
  const { tokens, gradientAccumulation, pictureSize } = recipe.batch;
  if (pictureSize !== null) checkSide(pictureSize, recipe.model.objective.patchSize * imageTokenizer.downsampling);
  const config = modelConfig(recipe, tokenizerSizes(textTokenizer, imageTokenizer));
  const vocabSize = options.textTokenizer === undefined ? recipe.textTokenizer.vocabSize : config.vocabSize;
  const model = new UnifiedModel({ ...config, vocabSize }, new Generator(recipe.seed));
  const hasAverages = recipe.averageDecay !== null;
  const result = {
    recipe,
    model: model.config,
    numParameters: model.numParameters(),
    memoryBytes: trainingMemory(model, { rowTokens: tokens, hasAverages, isBf16 }),
    tokensPerStep: tokens * gradientAccumulation,
  };
  model.dispose();
  imageTokenizer.dispose();
  return result;
}

/** The 256 bytes and the chat frame: what every trained vocabulary starts from. */
function untrainedTextTokenizer(): TextTokenizer {
  const frameOnly = 256 + 6;
  return TextTokenizer.fromVocabulary(trainBpe([], { vocabSize: frameOnly }));
}
