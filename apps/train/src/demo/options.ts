/** The demo's flags. */
import { parseArgs } from "node:util";
import { UsageError } from "../config/usage-error.ts";

export type DemoOptions = {
  /** Where everything goes. */
  readonly out: string;
  /** Time for everything, set-up and evaluation included; undefined keeps an earlier run's, else 15. */
  readonly minutes: number | undefined;
  /** An exact number of training steps instead of as many as fit. */
  readonly steps: number | undefined;
  readonly seed: number;
  readonly isFresh: boolean;
  /** Seconds already spent on set-up. */
  readonly elapsed: number;
};

/** @throws UsageError for an unknown flag or a value out of range. */
export function parseDemoOptions(argv: readonly string[]): DemoOptions {
  const { values } = parseOrExplain(argv);
  return {
    out: values.out,
    minutes: optionalNumber("--minutes", values.minutes, { least: 0.5 }),
    steps: optionalNumber("--steps", values.steps, { least: 1, isWhole: true }),
    seed: optionalNumber("--seed", values.seed, { least: 0, isWhole: true }) ?? 0,
    isFresh: values.fresh,
    elapsed: optionalNumber("--elapsed", values.elapsed, { least: 0 }) ?? 0,
  };
}

function parseOrExplain(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        out: { type: "string", default: "out/demo" },
        minutes: { type: "string" },
        steps: { type: "string" },
        seed: { type: "string" },
        fresh: { type: "boolean", default: false },
        elapsed: { type: "string" },
      },
    });
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message} (flags: --minutes N --steps N --seed N --fresh --out DIR)`, {
      cause,
    });
  }
}

function optionalNumber(
  flag: string,
  text: string | undefined,
  { least, isWhole = false }: { least: number; isWhole?: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && value >= least && Number.isFinite(value) && (!isWhole || Number.isSafeInteger(value)))
    return value;
  throw new UsageError(`${flag} ${text} must be a ${isWhole ? "whole " : ""}number of at least ${least}`);
}
