/** `train model`: one transformer over a data set's texts and pictures. */
import { join } from "node:path";
import { writeFileAtomically } from "@interfuse/data";
import { Pipeline, savePipeline } from "@interfuse/pipeline";
import { Generator } from "@interfuse/tensor";
import { checkpointName, type Reporter, type TrainingState } from "@interfuse/training";
import { ConversationStream } from "../batches/conversation-stream.ts";
import { openLoader } from "../batches/open-loader.ts";
import { PictureEncoder } from "../batches/picture-encoder.ts";
import { RowStream } from "../batches/row-stream.ts";
import { type ModelRecipe, recipeAsJson } from "../recipes/model-recipe.ts";
import { withClaimedFolder } from "../run/claim-folder.ts";
import { openRun, type ResumeMode } from "../run/open-run.ts";
import { runTraining } from "../run/run-training.ts";
import { writeResult } from "../run/write-result.ts";
import { type ModelParts, type ModelPartsOptions, openModelParts } from "./model-parts.ts";
import { modelTask } from "./model-task.ts";
import { assertSameTokenizers } from "./same-tokenizers.ts";
import { sampleSheet } from "./sample-sheet.ts";
import { trainingFlops } from "./training-cost.ts";

export type TrainModelOptions = ModelPartsOptions & {
  /** The run's folder; the trained model's files stand beside its checkpoints. */
  readonly out: string;
  readonly resume: ResumeMode;
  /** Makes the reporters, once everything is open and the cost of a token is known. */
  readonly reporters: (flopsPerToken: number) => Promise<readonly Reporter[]>;
  readonly signal?: AbortSignal;
  /** Pauses, saved, after this step; the model's files are left to the run that resumes. */
  readonly until?: number;
};

/**
 * Trains a model and writes its folder into `out`.
 * @throws Error, RangeError or UsageError naming what is wrong with data, tokenizers or recipe; InterruptedError when the signal stopped it.
 */
export function trainModel(options: TrainModelOptions): Promise<void> {
  return withClaimedFolder(options.out, () => train(options));
}

async function train(options: TrainModelOptions): Promise<void> {
  const { recipe, out } = options;
  const resume = await openRun(out, options);
  const parts = await openModelParts(options);
  try {
    if (resume !== undefined) await assertSameTokenizers(join(out, checkpointName(resume.step)), parts);
    const flopsPerToken = await measureFlopsPerToken(parts, recipe);
    await runTraining({
      out,
      settings: recipe,
      config: recipeAsJson({ ...recipe, tokenizers: tokenizerIdentity(parts) }),
      task: modelTask(parts.model, recipe.lossWeights),
      batches: openRows(parts, recipe, resume),
      resume,
      saveModel: (sink) => savePipeline(sink, parts),
      sample: async (step) => {
        const file = join(out, "samples", `step-${String(step).padStart(6, "0")}.png`);
        await writeFileAtomically(file, await sampleSheet(new Pipeline(parts), recipe));
      },
      finish: () => writeResult(out, (sink) => savePipeline(sink, parts)),
      reporters: await options.reporters(flopsPerToken),
      flopsPerToken,
      signal: options.signal,
      until: options.until,
    });
  } finally {
    parts.model.dispose();
    parts.imageTokenizer.dispose();
    parts.textTokenizer.dispose();
  }
}

/** The rows a recipe trains on, from the start or from where a checkpoint stood. */
export function openRows(parts: ModelParts, recipe: ModelRecipe, resume?: TrainingState): RowStream {
  const { dataset, textTokenizer, imageTokenizer, model } = parts;
  const generator = new Generator(recipe.seed, "data");
  const documents = new ConversationStream({
    loader: openLoader(dataset, generator, { resume, taskWeights: recipe.batch.taskWeights ?? undefined }),
    textTokenizer,
    pictures: new PictureEncoder(imageTokenizer),
    dropUserProbability: recipe.batch.dropUserProbability,
    generator: generator.fork("drop-user"),
  });
  return new RowStream(documents, {
    layOut: (row, overrides) => model.layout(row, overrides),
    tokens: recipe.batch.tokens,
  });
}

/** Floating-point operations a token of the run's first row takes. */
export async function measureFlopsPerToken(parts: ModelParts, recipe: ModelRecipe): Promise<number> {
  const { value: row } = await openRows(parts, recipe).next();
  return trainingFlops(parts.model, row) / row.length;
}

/** What must be the same about the tokenizers when a run is resumed. */
function tokenizerIdentity({ textTokenizer, imageTokenizer }: ModelParts) {
  return { vocabSize: textTokenizer.vocabSize, image: imageTokenizer.config };
}
