import { writeScenes } from "@interfuse/data";
import { type DemoContext, demoPaths } from "../demo-context.ts";
import type { Stage } from "../stage.ts";

/** What it needs: no backend. */
export type ScenesContext = Pick<DemoContext, "out" | "seed" | "scale" | "log">;

/** Renders the scenes to train on and the held-out cases. */
export function scenesStage({
  out,
  seed,
  scale,
  log,
}: ScenesContext): Stage<{ numTrainExamples: number; numTestCases: number }> {
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
