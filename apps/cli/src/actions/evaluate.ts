/** `interfuse evaluate`: a model's figures on held-out scenes. */
import { readSceneCases } from "@interfuse/data";
import { evaluateScenes, formatScores } from "@interfuse/evaluation";
import { formatCount, logLine, sceneResponder, stderrOutput } from "@interfuse/train";
import type { EvaluateOptions } from "../commands/evaluate-command.ts";
import { openModel } from "../open-model.ts";

/** Prints a table, or with --json one object a task and kind. */
export async function evaluate(options: EvaluateOptions): Promise<void> {
  const { data, cases: casesPerTask, seed, steps, guidance, json, quiet } = options;
  const output = stderrOutput({ isQuiet: quiet, isJson: json });
  const { cases, size } = await readSceneCases(data);
  const taken = new Map<string, number>();
  const chosen = cases.filter(({ task }) => {
    const count = (taken.get(task) ?? 0) + 1;
    taken.set(task, count);
    return count <= casesPerTask;
  });
  const pipeline = await openModel(options);
  const report = await evaluateScenes(sceneResponder(pipeline, { seed, steps, guidanceScale: guidance }), chosen, {
    size,
    onProgress: (done, total) => logLine(output, `${formatCount(done)}/${formatCount(total)} cases`),
  });
  if (json) for (const score of report.scores) process.stdout.write(`${JSON.stringify(score)}\n`);
  else process.stdout.write(`${formatScores(report.scores)}\n`);
  pipeline.dispose();
}
