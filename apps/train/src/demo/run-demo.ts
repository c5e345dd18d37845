/** The demo: scenes, tokenizer, training, evaluation, pictures and a table, within the time given. */
import { rm } from "node:fs/promises";
import { formatScores } from "@interfuse/evaluation";
import type { BackendReport } from "@interfuse/tensor";
import type { ConsoleOutput } from "../reporting/console-output.ts";
import { formatDuration } from "../reporting/format.ts";
import { type DemoScale, demoContext, demoPaths, fullScale } from "./demo-context.ts";
import type { DemoOptions } from "./options.ts";
import { StageRunner } from "./stage.ts";
import { evaluationStage } from "./stages/evaluation-stage.ts";
import { planStage } from "./stages/plan-stage.ts";
import { replanningStage } from "./stages/replanning-stage.ts";
import { scenesStage } from "./stages/scenes-stage.ts";
import { textTokenizerStage } from "./stages/text-tokenizer-stage.ts";
import { trainingStage } from "./stages/training-stage.ts";

const DEFAULT_MINUTES = 15;

/**
 * Runs every stage that is not finished, then prints the results.
 * @throws InterruptedError when the signal stopped the training; an AbortError when it stopped another stage.
 */
export async function runDemo(
  options: DemoOptions,
  setting: { backend: BackendReport; output: ConsoleOutput; signal: AbortSignal; scale?: DemoScale },
): Promise<void> {
  const { out, seed } = options;
  const { backend, output, signal, scale = fullScale() } = setting;
  const start = performance.now();
  const elapsed = () => options.elapsed + (performance.now() - start) / 1000;
  const log = (line: string) => output.write(`${line}\n`);
  if (options.isFresh) await rm(out, { recursive: true, force: true });
  log(
    `backend: ${backend.backend} on ${backend.device}, ${backend.precision}, ${backend.threads} threads (${backend.reason})`,
  );
  const context = demoContext({ out, seed, scale, output, backend, signal, log });
  const runner = new StageRunner(out, { log });
  const earlier = (await runner.recorded("plan"))?.inputs as
    | { minutes: number | null; steps: number | null }
    | undefined;
  const isFree = options.minutes === undefined && options.steps === undefined;
  const minutes = options.minutes ?? earlier?.minutes ?? DEFAULT_MINUTES;
  const fixedSteps = isFree ? (earlier?.steps ?? undefined) : options.steps;

  await runner.run(scenesStage(context));
  signal.throwIfAborted();
  await runner.run(textTokenizerStage(context));
  signal.throwIfAborted();
  const secondsLeft = () => 60 * minutes - elapsed();
  const plan = await runner.run(planStage(context, { minutes, steps: fixedSteps, secondsLeft }));
  signal.throwIfAborted();
  const isFixed = fixedSteps !== undefined;
  const begun = await runner.run(replanningStage("beginning", context, { plan, isFixed, secondsLeft }));
  const { steps } = await runner.run(replanningStage("middle", context, { plan: begun, isFixed, secondsLeft }));
  await runner.run(trainingStage(context, steps));
  const { scores } = await runner.run(evaluationStage(context));

  const { model, sheet, table } = demoPaths(out);
  log(`
${formatScores(scores)}

pictures      ${sheet}
table         ${table}
model         ${model} (${steps} steps, seed ${seed})
time          ${formatDuration(elapsed())}

Talk to it    npx interfuse chat --model ${model}
Draw          npx interfuse generate --model ${model} --prompt "a red circle left of a blue square" --out picture.png`);
}
