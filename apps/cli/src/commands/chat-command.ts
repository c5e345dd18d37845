import { Command, Option } from "commander";
import { nonNegativeNumber, positiveInteger } from "../global-options.ts";
import { type TextOptions, withTextOptions } from "./describe-commands.ts";
import { type ImagesOption, imagesOption } from "./images-option.ts";

/** What `chat` was asked. */
export type ChatOptions = TextOptions &
  ImagesOption & {
    readonly out: string;
    readonly memory?: boolean;
    readonly steps?: number;
    readonly guidance?: number;
  };

/** `interfuse chat` */
export function chatCommand(): Command {
  return withTextOptions(
    new Command("chat").description("talk to a model in the terminal; it may answer with pictures"),
  )
    .option("--out <dir>", "where pictures are saved", "out/chat")
    .option("--memory", "send the earlier messages with each; the default where the context has 2048 tokens or more")
    .option("--no-memory", "send each message by itself; the default for shorter contexts")
    .addOption(imagesOption())
    .addOption(new Option("--steps <n>", "denoising steps").argParser(positiveInteger))
    .addOption(new Option("--guidance <x>", "guidance scale; 1 is off").argParser(nonNegativeNumber))
    .action(async (options: ChatOptions) => (await import("../actions/chat.ts")).chat(options));
}
