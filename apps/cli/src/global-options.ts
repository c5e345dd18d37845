/** The flags every command takes. */
import { type Command, InvalidArgumentError, Option } from "commander";

/** What the flags say; a command passes the first four to `useBackend`. */
export type GlobalOptions = {
  readonly backend: "auto" | "torch" | "tensorflow" | "wasm" | "webgpu" | "cpu";
  readonly device: "auto" | "cpu" | "cuda" | `cuda:${number}`;
  readonly precision: "auto" | "f32" | "bf16";
  readonly threads?: number;
  readonly json: boolean;
  readonly quiet: boolean;
};

/** Adds the global flags to a command. */
export function withGlobalOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--backend <name>", "what computes")
        .choices(["auto", "torch", "tensorflow", "wasm", "webgpu", "cpu"])
        .default("auto")
        .helpGroup("Everywhere:"),
    )
    .addOption(
      new Option("--device <name>", "auto, cpu, cuda or cuda:N")
        .argParser(device)
        .default("auto")
        .helpGroup("Everywhere:"),
    )
    .addOption(
      new Option("--precision <name>", "of products and activations")
        .choices(["auto", "f32", "bf16"])
        .default("auto")
        .helpGroup("Everywhere:"),
    )
    .addOption(new Option("--threads <n>", "CPU threads").argParser(positiveInteger).helpGroup("Everywhere:"))
    .addOption(new Option("--json", "machine-readable output").default(false).helpGroup("Everywhere:"))
    .addOption(new Option("--quiet", "only errors on stderr").default(false).helpGroup("Everywhere:"));
}

/** Parses `auto`, `cpu`, `cuda`, `cuda:N`. */
function device(value: string): string {
  if (!/^(auto|cpu|cuda(:\d+)?)$/.test(value))
    throw new InvalidArgumentError('must be "auto", "cpu", "cuda" or "cuda:N".');
  return value;
}

/** Parses a whole number of at least 1. */
export function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError("must be a positive whole number.");
  return number;
}

/** Parses a whole number of at least 0. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isSafeInteger(number) || number < 0) {
    throw new InvalidArgumentError("must be a whole number of at least 0.");
  }
  return number;
}

/** Parses a number of at least 0. */
export function nonNegativeNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0) {
    throw new InvalidArgumentError("must be a number of at least 0.");
  }
  return number;
}

/** Parses a number above 0 and at most 1. */
export function probability(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 1)) throw new InvalidArgumentError("must be above 0 and at most 1.");
  return number;
}

/** Collects a repeated option into a list. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/**
 * Adds an option that must be given. Unlike commander's own, it is asked for after unknown flags have been named, so that a
 * mistyped `--modle` is told as such.
 */
export function withRequired(command: Command, flags: string, description: string): Command {
  const option = new Option(flags, description);
  return command.addOption(option).hook("preAction", (current) => {
    if (current.getOptionValue(option.attributeName()) === undefined) {
      current.error(`error: required option '${flags}' not specified`);
    }
  });
}
