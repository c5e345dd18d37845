import { directorySource, readSceneCases, writeFileAtomically } from "@interfuse/data";
import { evaluateScenes, formatScores, type SceneOutcome, type SceneScore } from "@interfuse/evaluation";
import { loadPipeline } from "@interfuse/pipeline";
import { recipeAsJson } from "../../recipes/model-recipe.ts";
import { sceneResponder } from "../../scene-responder.ts";
import { type DemoContext, demoPaths } from "../demo-context.ts";
import { demoSheet } from "../demo-sheet.ts";
import type { Stage } from "../stage.ts";

/** Judges the model on every held-out case, and writes the table and the contact sheet. */
export function evaluationStage({ out, seed, backend, signal, log }: DemoContext): Stage<{ scores: SceneScore[] }> {
  const paths = demoPaths(out);
  return {
    name: "evaluation",
    inputs: { seed },
    outputs: ["results.json", "results.md", "contact-sheet.png"],
    run: async () => {
      const { cases, size } = await readSceneCases(paths.scenes);
      const pipeline = await loadPipeline(directorySource(paths.model));
      const { scores, outcomes } = await evaluateScenes(sceneResponder(pipeline, { seed }), cases, {
        size,
        onProgress: (done, total) => {
          signal.throwIfAborted();
          if (done % 200 === 0 || done === total) log(`  ${done}/${total} cases`);
        },
      });
      pipeline.dispose();
      const results = recipeAsJson({ seed, backend, scores, outcomes: outcomes.map(summaryOf) });
      await writeFileAtomically(paths.results, `${JSON.stringify(results, null, 2)}\n`);
      await writeFileAtomically(paths.table, `${formatScores(scores)}\n`);
      await writeFileAtomically(paths.sheet, await demoSheet(outcomes, size));
      return { scores: [...scores] };
    },
  };
}

/** One line a case: what was asked, whether it came out right, and the text if there is one. */
function summaryOf(outcome: SceneOutcome) {
  const { id, task, kind, prompt } = outcome.sceneCase;
  return { id, task, kind, prompt, isRight: outcome.isRight, ...("text" in outcome ? { text: outcome.text } : {}) };
}
