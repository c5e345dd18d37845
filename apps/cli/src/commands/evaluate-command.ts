import { Command, Option } from "commander";
import {
  type GlobalOptions,
  nonNegativeNumber,
  positiveInteger,
  wholeNumber,
  withGlobalOptions,
  withRequired,
} from "../global-options.ts";

/** What `evaluate` was asked. */
export type EvaluateOptions = GlobalOptions & {
  readonly model: string;
  readonly data: string;
  readonly cases: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly seed: number;
};

/** `interfuse evaluate` */
export function evaluateCommand(): Command {
  const command = withGlobalOptions(new Command("evaluate").description("score a model on held-out cases"));
  const withModel = withRequired(command, "--model <dir>", "the model's folder");
  return withRequired(withModel, "--data <dir>", "a data set made by `data make scenes`")
    .addOption(new Option("--cases <n>", "cases per task").argParser(positiveInteger).default(200))
    .addOption(new Option("--steps <n>", "denoising steps").argParser(positiveInteger))
    .addOption(new Option("--guidance <x>", "guidance scale; 1 is off").argParser(nonNegativeNumber))
    .addOption(new Option("--seed <n>", "random seed").argParser(wholeNumber).default(0))
    .action(async (options: EvaluateOptions) => (await import("../actions/evaluate.ts")).evaluate(options));
}
