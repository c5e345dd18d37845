import { writeScenes } from "@interfuse/data";
import { type DemoContext, demoPaths } from "../demo-context.ts";
import type { Stage } from "../stage.ts";

/** Renders the scenes to train on and the held-out cases. */
export function scenesStage({
  out,
  seed,
  scale,
  log,
}: DemoContext): Stage<{ numTrainExamples: number; numTestCases: number }> {
  const inputs = { numScenes: scale.numScenes, numCasesPerTask: scale.casesPerTask, seed };
  return {
    name: "scenes",
    inputs,
    outputs: ["scenes"],
    run: async () => {
      const report = await writeScenes(demoPaths(out).scenes, inputs);
      log(
        `  ${report.numPictures} pictures, ${report.numTrainExamples} examples to train on, ${report.numTestCases} held-out cases`,
      );
      return { numTrainExamples: report.numTrainExamples, numTestCases: report.numTestCases };
    },
  };
}
