import { Command, Option } from "commander";
import {
  type GlobalOptions,
  positiveInteger,
  wholeNumber,
  withGlobalOptions,
  withRequired,
} from "../global-options.ts";
import { DATA_FORMS } from "./data-forms.ts";

/** What `data make` was asked. */
export type DataMakeOptions = GlobalOptions & {
  readonly out: string;
  readonly size: number;
  readonly count?: number;
  readonly seed: number;
};

/** `interfuse data make scenes|emoji`, `interfuse data inspect` */
export function dataCommand(): Command {
  const data = new Command("data").description("make and look at data sets");
  const make = new Command("make").description("make a data set");
  make.addCommand(
    makeOptions(new Command("scenes").description("small pictures whose captions a program can check"))
      .addOption(new Option("--count <n>", "scenes to train on").argParser(positiveInteger).default(10_000))
      .action(async (options: DataMakeOptions) => {
        const { makeScenes } = await import("../actions/data-make.ts");
        await makeScenes(options);
      }),
  );
  make.addCommand(
    makeOptions(new Command("emoji").description("every emoji of an installed colour font, with its name")).action(
      async (options: DataMakeOptions) => {
        const { makeEmoji } = await import("../actions/data-make.ts");
        await makeEmoji(options);
      },
    ),
  );
  data.addCommand(make);
  data.addCommand(
    withGlobalOptions(new Command("inspect").description("count, check and sample a data set"))
      .argument("<path>", DATA_FORMS)
      .action(async (path: string, options: GlobalOptions) => {
        const { inspectData } = await import("../actions/data-inspect.ts");
        await inspectData(path, options);
      }),
  );
  return data;
}

function makeOptions(command: Command): Command {
  return withRequired(withGlobalOptions(command), "--out <dir>", "the folder to write; must not exist or be empty")
    .addOption(new Option("--size <pixels>", "width and height of the pictures").argParser(positiveInteger).default(32))
    .addOption(new Option("--seed <n>", "random seed").argParser(wholeNumber).default(0));
}
