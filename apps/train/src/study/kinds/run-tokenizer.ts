import { directorySource } from "@interfuse/data";
import { readImageTokenizer } from "../../image-tokenizer/image-tokenizer-folder.ts";
import { trainImageTokenizer } from "../../image-tokenizer/train-image-tokenizer.ts";
import { measureTokenizer } from "../measure-tokenizer.ts";
import type { RunContext } from "../run-one.ts";
import { tokenizerRecipe } from "../settings-of.ts";
import { StepTimes } from "../step-times.ts";
import type { Run, TokenizerRun } from "../study.ts";
import { heldOutPictures, probeCases } from "../study-data.ts";
import { studyPaths } from "../study-folder.ts";
import { featuresOf } from "./features-of.ts";

/** Trains a tokenizer in the run's folder. Figures: `measureTokenizer`'s, and `stepSeconds` and `steps`. */
export async function runTokenizer(
  run: Run & TokenizerRun,
  { folder, log, signal }: RunContext,
): Promise<Record<string, number>> {
  const paths = studyPaths(folder);
  const recipe = tokenizerRecipe(run);
  const times = new StepTimes(log);
  const options = { recipe, data: paths.data(run.data), out: paths.run(run.id), log, signal };
  // The last file that a training writes.
  const isTrained = await directorySource(paths.run(run.id)).exists("config.json");
  if (!isTrained) await trainImageTokenizer({ ...options, resume: "if-any", reporters: [times] });
  const tokenizer = await readImageTokenizer(paths.run(run.id));
  const network = await featuresOf(run, folder);
  try {
    const pictures = await heldOutPictures(folder, run.data);
    const figures = await measureTokenizer(tokenizer, { pictures, network, probeCases: probeCases[run.data] });
    return { ...figures, steps: recipe.steps, ...times.figures() };
  } finally {
    tokenizer.dispose();
    network.dispose();
  }
}
