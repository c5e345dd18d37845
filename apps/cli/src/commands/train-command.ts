import { Command, Option } from "commander";
import { collect, type GlobalOptions, positiveInteger, withGlobalOptions, withRequired } from "../global-options.ts";
import { DATA_FORMS } from "./data-forms.ts";

/** What `train ...` was asked. */
export type TrainCommandOptions = GlobalOptions & {
  readonly recipe: string;
  readonly data?: string;
  readonly out?: string;
  readonly resume: boolean;
  readonly set: readonly string[];
  readonly dryRun: boolean;
  readonly logEvery?: number;
  readonly from?: string;
  readonly textTokenizer?: string;
  readonly imageTokenizer?: string;
};

/** `interfuse train text-tokenizer|image-tokenizer|model` */
export function trainCommand(): Command {
  const train = new Command("train").description("train a model or one of its tokenizers");
  train.addCommand(
    trainOptions(new Command("text-tokenizer").description("a byte-level BPE from a data set's texts")).action(
      async (options: TrainCommandOptions) => (await import("../actions/train.ts")).trainTextTokenizerAction(options),
    ),
  );
  train.addCommand(
    trainOptions(new Command("image-tokenizer").description("pixels to latents or codes, from a data set's pictures"))
      .option(
        "--from <dir>",
        "a trained tokenizer to go on from (ours, or a published KL autoencoder), in the place of the recipe's",
      )
      .action(async (options: TrainCommandOptions) =>
        (await import("../actions/train.ts")).trainImageTokenizerAction(options),
      ),
  );
  train.addCommand(
    trainOptions(new Command("model").description("one transformer over a data set's texts and pictures"))
      .option("--text-tokenizer <dir>", "a trained text tokenizer (else one is trained on the data's texts)")
      .option(
        "--image-tokenizer <dir>",
        "a trained image tokenizer (else raw pixels, or what tokenized data were encoded with)",
      )
      .action(async (options: TrainCommandOptions) => (await import("../actions/train.ts")).trainModelAction(options)),
  );
  return train;
}

function trainOptions(command: Command): Command {
  return withRequired(withGlobalOptions(command), "--recipe <name>", 'the run\'s settings; "list" shows them all')
    .option("--data <path>", `the data set: ${DATA_FORMS}`)
    .option("--out <dir>", "the run's folder: checkpoints, metrics, samples, the trained result")
    .option("--resume", "go on from the newest checkpoint in --out", false)
    .addOption(
      new Option("--set <key=value>", "change one setting of the recipe (repeatable)")
        .argParser(collect)
        .default([], "none"),
    )
    .option("--dry-run", "print the resolved config, parameter count, memory and tokens per step; train nothing", false)
    .addOption(
      new Option("--log-every <steps>", "off a terminal, one line every so many steps").argParser(positiveInteger),
    );
}
