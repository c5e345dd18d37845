import { Command, Option } from "commander";
import {
  type GlobalOptions,
  nonNegativeNumber,
  positiveInteger,
  wholeNumber,
  withGlobalOptions,
  withRequired,
} from "../global-options.ts";
import { type ImagesOption, imagesOption } from "./images-option.ts";

/** How pictures are sampled. */
export type DrawOptions = GlobalOptions &
  ImagesOption & {
    readonly model: string;
    readonly out: string;
    readonly seed: number;
    readonly steps?: number;
    readonly guidance?: number;
  };

/** What `generate` was asked. */
export type GenerateOptions = DrawOptions & {
  readonly prompt?: string;
  readonly prompts?: string;
  readonly count: number;
  readonly size?: string;
};

/** What `edit` was asked. */
export type EditOptions = DrawOptions & { readonly prompt: string };

/** `interfuse generate` */
export function generateCommand(): Command {
  const command = drawOptions(new Command("generate").description("draw pictures from prompts"));
  return withRequired(
    command,
    "--out <path>",
    "a .png file; with --prompts a folder, or a .png file for one sheet of all",
  )
    .option("--prompt <text>", "what to draw")
    .option("--prompts <file>", "draw every line of a file, to DIR/0000.png, DIR/0001.png, ... or one sheet")
    .addOption(
      new Option("--count <n>", "pictures of the prompt: FILE-0.png, ...").argParser(positiveInteger).default(1),
    )
    .option("--size <WxH>", "picture size in pixels (else the size the model was trained on)")
    .action(async (options: GenerateOptions) => (await import("../actions/generate.ts")).generate(options));
}

/** `interfuse edit` */
export function editCommand(): Command {
  const command = drawOptions(new Command("edit").description("change a picture as told"));
  const prompted = withRequired(command, "--prompt <text>", "what to change");
  return withRequired(prompted, "--out <file>", "the .png file to write")
    .argument("<image>", "the picture to change")
    .action(async (image: string, options: EditOptions) => (await import("../actions/edit.ts")).edit(image, options));
}

function drawOptions(command: Command): Command {
  return withRequired(withGlobalOptions(command), "--model <dir>", "the model's folder")
    .addOption(new Option("--seed <n>", "random seed").argParser(wholeNumber).default(0))
    .addOption(new Option("--steps <n>", "denoising steps").argParser(positiveInteger))
    .addOption(new Option("--guidance <x>", "guidance scale; 1 is off").argParser(nonNegativeNumber))
    .addOption(imagesOption());
}
