import { Command, Option } from "commander";
import { type GlobalOptions, positiveInteger, withGlobalOptions, withRequired } from "../global-options.ts";

/** What `tokenize encode` was asked. */
export type TokenizeEncodeOptions = GlobalOptions & {
  readonly imageTokenizer: string;
  readonly data: string;
  readonly out: string;
  readonly size?: number;
};

/** What `tokenize decode` was asked. */
export type TokenizeDecodeOptions = GlobalOptions & { readonly data: string; readonly out: string };

/** What `tokenize inspect` was asked. */
export type TokenizeInspectOptions = TokenizeEncodeOptions & { readonly count: number };

/** `interfuse tokenize encode|decode|inspect` */
export function tokenizeCommand(): Command {
  const tokenize = new Command("tokenize").description("pictures through an image tokenizer, and back");
  tokenize.addCommand(
    withOut(
      withPictures(new Command("encode").description("a data set's pictures as latents or indices, for training")),
      "the folder to write; must not exist or be empty",
    ).action(async (options: TokenizeEncodeOptions) =>
      (await import("../actions/tokenize.ts")).tokenizeEncode(options),
    ),
  );
  const decode = withGlobalOptions(new Command("decode").description("encoded pictures as PNG files again"));
  tokenize.addCommand(
    withOut(
      withRequired(decode, "--data <dir>", "what `tokenize encode` wrote"),
      "the folder to write; must not exist or be empty",
    ).action(async (options: TokenizeDecodeOptions) =>
      (await import("../actions/tokenize.ts")).tokenizeDecode(options),
    ),
  );
  tokenize.addCommand(
    withOut(
      withPictures(
        new Command("inspect").description(
          "pictures beside their reconstructions, their latents, how often codes occur",
        ),
      ),
      "the folder to write PNG files into",
    )
      .addOption(new Option("--count <n>", "pictures, at most").argParser(positiveInteger).default(256))
      .action(async (options: TokenizeInspectOptions) =>
        (await import("../actions/tokenize.ts")).tokenizeInspect(options),
      ),
  );
  return tokenize;
}

function withPictures(command: Command): Command {
  const withTokenizer = withRequired(
    withGlobalOptions(command),
    "--image-tokenizer <dir>",
    "a trained image tokenizer's folder",
  );
  return withRequired(withTokenizer, "--data <path>", "a data set, or a folder of pictures").addOption(
    new Option("--size <pixels>", "fit pictures to squares of this side (else each keeps its size)").argParser(
      positiveInteger,
    ),
  );
}

function withOut(command: Command, description: string): Command {
  return withRequired(command, "--out <dir>", description);
}
