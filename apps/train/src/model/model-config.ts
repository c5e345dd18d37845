/** A recipe's model, and what of it the tokenizers decide. */
import type { ImageTokenizer } from "@interfuse/image-tokenizer";
import type { ModelConfigInput } from "@interfuse/model";
import { chatFrame } from "@interfuse/pipeline";
import type { TextTokenizer } from "@interfuse/text-tokenizer";
import type { ModelRecipe } from "../recipes/model-recipe.ts";

/** What a model's config has from the tokenizers. */
export type TokenizerSizes = Pick<ModelConfigInput, "vocabSize" | "frame"> & { readonly latentChannels: number };

/** @throws RangeError when the text tokenizer lacks the chat frame. */
export function tokenizerSizes(textTokenizer: TextTokenizer, imageTokenizer: ImageTokenizer): TokenizerSizes {
  const { boi, eoi, eos } = chatFrame(textTokenizer);
  const { latentChannels } = imageTokenizer;
  return { vocabSize: textTokenizer.vocabSize, frame: { boi, eoi, eos }, latentChannels };
}

/** The model's config: the recipe's settings with the tokenizers' sizes. */
export function modelConfig(
  recipe: Pick<ModelRecipe, "model">,
  { latentChannels, ...text }: TokenizerSizes,
): ModelConfigInput {
  const { backbone, objective, ...rest } = recipe.model;
  return {
    ...rest,
    ...text,
    backbone: {
      ...backbone,
      numKvHeads: backbone.numKvHeads ?? undefined,
      headDim: backbone.headDim ?? undefined,
      mlpDim: backbone.mlpDim ?? undefined,
    },
    objective: { ...objective, latentChannels },
  };
}
