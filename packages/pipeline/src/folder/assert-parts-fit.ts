import type { ImageTokenizer } from "@interfuse/image-tokenizer";
import type { TextTokenizer } from "@interfuse/text-tokenizer";
import { chatFrame } from "../chat-template/chat-frame.ts";
import type { PipelineConfig } from "../config/pipeline-config.ts";

/**
 * Checks that tokenizers and model belong together: the model has an id for every token and the same frame, reads
 * latents of the same depth, and draws a size that its patches divide.
 * @throws {RangeError} naming what does not fit
 */
export function assertPartsFit(
  operation: string,
  parts: { config: PipelineConfig; textTokenizer: TextTokenizer; imageTokenizer: ImageTokenizer },
): void {
  const { config, textTokenizer, imageTokenizer } = parts;
  const { vocabSize, frame, objective } = config.model;
  if (textTokenizer.vocabSize > vocabSize) {
    throw new RangeError(
      `${operation}: the text tokenizer has ${textTokenizer.vocabSize} ids, more than model.vocabSize (=${vocabSize}); ` +
        "use the tokenizer that the model was trained with",
    );
  }
  const ids = chatFrame(textTokenizer);
  for (const name of ["boi", "eoi", "eos"] as const) {
    if (frame[name] !== ids[name]) {
      throw new RangeError(
        `${operation}: model.frame.${name} (=${frame[name]}) must be the text tokenizer's id of it (=${ids[name]}); ` +
          "use the tokenizer that the model was trained with",
      );
    }
  }
  if (objective.latentChannels !== imageTokenizer.latentChannels) {
    throw new RangeError(
      `${operation}: model.objective.latentChannels (=${objective.latentChannels}) must be the image tokenizer's ` +
        `(=${imageTokenizer.latentChannels}); use the image tokenizer that the model was trained with`,
    );
  }
  const { imageSize } = config.generation;
  const unit = imageTokenizer.downsampling * objective.patchSize;
  if (imageSize % unit !== 0) {
    throw new RangeError(
      `${operation}: generation.imageSize (=${imageSize}) must be a multiple of ${unit} ` +
        `(downsampling ${imageTokenizer.downsampling} x patchSize ${objective.patchSize})`,
    );
  }
}
