import { Command, Option } from "commander";
import {
  type GlobalOptions,
  nonNegativeNumber,
  positiveInteger,
  probability,
  wholeNumber,
  withGlobalOptions,
  withRequired,
} from "../global-options.ts";

/** How text is sampled. */
export type TextOptions = GlobalOptions & {
  readonly model: string;
  readonly seed: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
};

/** What `ask` was asked. */
export type AskOptions = TextOptions & { readonly prompt: string };

/** `interfuse caption` */
export function captionCommand(): Command {
  return withTextOptions(new Command("caption").description("describe pictures"))
    .argument("<image...>", "pictures")
    .action(async (images: string[], options: TextOptions) =>
      (await import("../actions/caption.ts")).caption(images, options),
    );
}

/** `interfuse ask` */
export function askCommand(): Command {
  const command = withTextOptions(new Command("ask").description("answer a question about a picture"));
  return withRequired(command, "--prompt <text>", "the question")
    .argument("<image>", "the picture")
    .action(async (image: string, options: AskOptions) => (await import("../actions/caption.ts")).ask(image, options));
}

/** Adds `--model` and the flags of sampled text. */
export function withTextOptions(command: Command): Command {
  return withRequired(withGlobalOptions(command), "--model <dir>", "the model's folder")
    .addOption(
      new Option("--temperature <x>", "of sampled text; 0 takes the likeliest").argParser(nonNegativeNumber).default(0),
    )
    .addOption(
      new Option("--top-p <x>", "sample from the likeliest tokens of this total probability")
        .argParser(probability)
        .default(1),
    )
    .addOption(new Option("--max-tokens <n>", "the longest text").argParser(positiveInteger).default(256))
    .addOption(new Option("--seed <n>", "random seed").argParser(wholeNumber).default(0));
}
