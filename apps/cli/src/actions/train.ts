/** `interfuse train ...`: from flags to a run, its progress on stderr, and stopping it. */
import { openDataset } from "@interfuse/data";
import {
  assertAbsent,
  type ConsoleOutput,
  dryRunImageTokenizer,
  dryRunModel,
  formatBytes,
  formatCount,
  IMAGE_TOKENIZER_RECIPES,
  logLine,
  MODEL_RECIPES,
  measureProductRate,
  ProgressReporter,
  type ReconstructionReport,
  type ResumeMode,
  recipeStartingFrom,
  resolveImageTokenizerRecipe,
  resolveModelRecipe,
  resolveTextTokenizerRecipe,
  saveTextTokenizer,
  stderrOutput,
  TEXT_TOKENIZER_RECIPES,
  trainImageTokenizer,
  trainModel,
  trainTextTokenizer,
  UsageError,
} from "@interfuse/train";
import type { TrainCommandOptions } from "../commands/train-command.ts";
import { interruptSignal } from "../interrupt-signal.ts";
import { startBackend } from "../start-backend.ts";

/** `interfuse train text-tokenizer` */
export async function trainTextTokenizerAction(options: TrainCommandOptions): Promise<void> {
  if (listed(options, TEXT_TOKENIZER_RECIPES)) return;
  if (options.resume) throw new UsageError("--resume: a text tokenizer trains in one go; leave it out");
  const recipe = resolveTextTokenizerRecipe(options.recipe, options.set);
  if (options.dryRun) return printJson({ recipe });
  const { data, out } = required(options);
  await assertAbsent(out, "tokenizer.json");
  const output = outputOf(options);
  const tokenizer = trainTextTokenizer(await openDataset(data), recipe, (line) => logLine(output, line));
  await saveTextTokenizer(out, tokenizer);
  logLine(output, `wrote ${out}: ${formatCount(tokenizer.vocabSize)} tokens`);
}

/** `interfuse train image-tokenizer` */
export async function trainImageTokenizerAction(options: TrainCommandOptions): Promise<void> {
  if (listed(options, IMAGE_TOKENIZER_RECIPES)) return;
  const { from } = options;
  const overridden = options.set.find((override) => override.startsWith("autoencoder"));
  if (from !== undefined && overridden !== undefined) {
    throw new UsageError(
      `--set ${overridden}: the autoencoder is the one in ${from} (--from); leave one of the two out`,
    );
  }
  const given = resolveImageTokenizerRecipe(options.recipe, options.set);
  const recipe = from === undefined ? given : await recipeStartingFrom(from, given);
  if (options.dryRun) {
    await startBackend(options);
    return printJson(dryRunImageTokenizer(recipe));
  }
  const { data, out } = required(options);
  const output = outputOf(options);
  await startBackend(options);
  logLine(output, `recipe ${JSON.stringify(recipe)}`);
  const progress = new ProgressReporter({ output, everySteps: options.logEvery ?? linesEvery(recipe.steps) });
  const report = await trainImageTokenizer({
    recipe,
    data,
    out,
    from,
    resume: resumeMode(options),
    reporters: [progress],
    log: (line) => logLine(output, line),
    signal: interruptSignal(output),
  });
  logLine(output, `wrote ${out}: ${describeReconstruction(report)}`);
  if (options.json) printJson({ out, ...report });
}

/** `interfuse train model` */
export async function trainModelAction(options: TrainCommandOptions): Promise<void> {
  if (listed(options, MODEL_RECIPES)) return;
  const recipe = resolveModelRecipe(options.recipe, options.set);
  const { textTokenizer, imageTokenizer } = options;
  const output = outputOf(options);
  if (options.dryRun) {
    const { precision } = await startBackend(options);
    const run = await dryRunModel({ recipe, textTokenizer, imageTokenizer }, { isBf16: precision === "bf16" });
    if (options.json) return printJson(run);
    const { numParameters, memoryBytes, tokensPerStep, ...configs } = run;
    process.stdout.write(
      `${JSON.stringify(configs, null, 2)}\nparameters       ${formatCount(numParameters)}\nmemory           about ${formatBytes(memoryBytes)}\ntokens per step  ${formatCount(tokensPerStep)}\n`,
    );
    return;
  }
  const { data, out } = required(options);
  await startBackend(options);
  logLine(output, `recipe ${JSON.stringify(recipe)}`);
  const everySteps = options.logEvery ?? linesEvery(recipe.steps);
  await trainModel({
    recipe,
    data,
    out,
    textTokenizer,
    imageTokenizer,
    resume: resumeMode(options),
    reporters: async (flopsPerToken) => [
      new ProgressReporter({ output, everySteps, flopsPerToken, productRate: await measureProductRate() }),
    ],
    log: (line) => logLine(output, line),
    signal: interruptSignal(output),
  });
  logLine(
    output,
    `wrote ${out}; try: interfuse generate --model ${out} --prompt "${recipe.report.samplePrompts[0]}" --out picture.png`,
  );
}

/** `PSNR 31.2 dB on 256 pictures, 93% of 256 codes used; ...` */
function describeReconstruction({ psnr, numPictures, codes, baselines }: ReconstructionReport): string {
  const { meanColour, pooling, patchComponents, patchCodebook } = baselines;
  const used = codes === undefined ? "" : `, ${Math.round(100 * codes.usage)}% of ${codes.numCodes} codes used`;
  const others = [
    `mean colour ${meanColour.toFixed(1)}`,
    `pooling ${pooling.toFixed(1)}`,
    `${patchComponents.numComponents} components a patch ${patchComponents.psnr.toFixed(1)}`,
    `${patchCodebook.numCodes} patches ${patchCodebook.psnr.toFixed(1)}`,
  ];
  return `PSNR ${psnr.toFixed(1)} dB on ${numPictures} pictures${used} (${others.join(", ")})`;
}

/** Prints the recipes for `--recipe list`. */
function listed({ recipe }: TrainCommandOptions, recipes: Readonly<Record<string, unknown>>): boolean {
  if (recipe !== "list") return false;
  process.stdout.write(`${Object.keys(recipes).join("\n")}\n`);
  return true;
}

/** @throws UsageError when `--data` or `--out` is missing. */
function required({ data, out }: TrainCommandOptions): { data: string; out: string } {
  if (data === undefined)
    throw new UsageError('--data <path>: is needed (make some with "interfuse data make scenes --out DIR")');
  if (out === undefined) throw new UsageError("--out <dir>: is needed, the folder to write");
  return { data, out };
}

function resumeMode({ resume }: TrainCommandOptions): ResumeMode {
  return resume ? "yes" : "no";
}

function outputOf({ quiet, json }: TrainCommandOptions): ConsoleOutput {
  return stderrOutput({ isQuiet: quiet, isJson: json });
}

/** About fifty lines a run. */
function linesEvery(steps: number): number {
  return Math.max(1, Math.round(steps / 50));
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
