export { ConversationStream, type ConversationStreamOptions } from "./batches/conversation-stream.ts";
export { PictureEncoder, type TrainingImage } from "./batches/picture-encoder.ts";
export { PictureStream } from "./batches/picture-stream.ts";
export { type DocumentStream, type LayOut, RowStream } from "./batches/row-stream.ts";
export { nearest } from "./config/nearest.ts";
export { applyOverrides, leafKeys } from "./config/overrides.ts";
export {
  resolveImageTokenizerRecipe,
  resolveModelRecipe,
  resolveTextTokenizerRecipe,
} from "./config/resolve-recipe.ts";
export { UsageError } from "./config/usage-error.ts";
export { dryRunImageTokenizer } from "./image-tokenizer/dry-run.ts";
export { readImageTokenizer, writeImageTokenizer } from "./image-tokenizer/image-tokenizer-folder.ts";
export { hashImageTokenizer } from "./image-tokenizer/image-tokenizer-hash.ts";
export type { ReconstructionReport } from "./image-tokenizer/reconstruction.ts";
export { recipeStartingFrom } from "./image-tokenizer/starting-weights.ts";
export { type TrainImageTokenizerOptions, trainImageTokenizer } from "./image-tokenizer/train-image-tokenizer.ts";
export { measureProductRate } from "./machine/product-rate.ts";
export { type DryRun, dryRunModel } from "./model/dry-run.ts";
export { type ModelParts, type ModelPartsOptions, openModelParts } from "./model/model-parts.ts";
export { modelTask } from "./model/model-task.ts";
export { measureFlopsPerToken, openRows, type TrainModelOptions, trainModel } from "./model/train-model.ts";
export { trainingFlops, trainingMemory } from "./model/training-cost.ts";
export { IMAGE_TOKENIZER_RECIPES, MODEL_RECIPES, TEXT_TOKENIZER_RECIPES } from "./recipes/find-recipe.ts";
export type { ImageTokenizerRecipe } from "./recipes/image-tokenizer-recipe.ts";
export type { ModelRecipe } from "./recipes/model-recipe.ts";
export type { TextTokenizerRecipe } from "./recipes/text-tokenizer-recipe.ts";
export { type ConsoleOutput, logLine, stderrOutput } from "./reporting/console-output.ts";
export { formatBar, formatBytes, formatCount, formatDuration } from "./reporting/format.ts";
export { ProgressReporter } from "./reporting/progress.ts";
export { InterruptedError } from "./run/interrupted-error.ts";
export { makeOptimizer, type OptimizerConfig } from "./run/make-optimizer.ts";
export { assertAbsent, type ResumeMode } from "./run/open-run.ts";
export { sceneResponder } from "./scene-responder.ts";
export { loadTextTokenizer, saveTextTokenizer, trainTextTokenizer } from "./text-tokenizer/train-text-tokenizer.ts";
export { type DecodeDatasetOptions, decodeDataset } from "./tokenize/decode-dataset.ts";
export { type EncodeDatasetOptions, type EncodeReport, encodeDataset } from "./tokenize/encode-dataset.ts";
export { type InspectReport, type InspectTokenizerOptions, inspectTokenizer } from "./tokenize/inspect-tokenizer.ts";
