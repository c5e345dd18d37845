/** The flags of `npm run study`. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { nearest } from "../config/nearest.ts";
import { UsageError } from "../config/usage-error.ts";
import { STUDIES } from "./studies.ts";
import type { Study } from "./study.ts";

const FLAGS =
  "flags: --only NAME (a section or the start of a run's name; may be repeated) --out DIR --jobs N --page --list";

export type StudyOptions = {
  readonly study: Study;
  /** Where data, runs and results lie. */
  readonly out: string;
  /** Names of sections, or beginnings of runs' names; all when empty. */
  readonly only: readonly string[];
  /** Runs side by side. */
  readonly numJobs: number;
  /** Whether the figures go into the repository's page, too. */
  readonly writesPage: boolean;
  /** Whether only to tell what there is to do. */
  readonly isList: boolean;
  /** The one run that this process does. */
  readonly run: string | undefined;
};

/** @throws UsageError for an unknown study or flag, or a value out of range. */
export function parseStudyOptions(argv: readonly string[]): StudyOptions {
  const { values, positionals } = parseOrExplain(argv);
  const [name = ""] = positionals;
  const study = Object.hasOwn(STUDIES, name) ? STUDIES[name] : undefined;
  if (study === undefined || positionals.length > 1) {
    const names = Object.keys(STUDIES);
    throw new UsageError(
      `study: "${positionals.join(" ")}" must be one of ${names.join(", ")}; the nearest is "${nearest(name, names)}" (${FLAGS})`,
    );
  }
  const numJobs = Number(values.jobs ?? availableParallelism());
  if (!Number.isSafeInteger(numJobs) || numJobs < 1) {
    throw new UsageError(`study: --jobs ${values.jobs} must be a whole number of at least 1`);
  }
  return {
    study,
    out: values.out ?? `out/study-${name}`,
    only: values.only ?? [],
    numJobs,
    writesPage: values.page,
    isList: values.list,
    run: values.run,
  };
}

function parseOrExplain(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        out: { type: "string" },
        only: { type: "string", multiple: true },
        jobs: { type: "string" },
        page: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        run: { type: "string" },
      },
    });
  } catch (cause) {
    throw new UsageError(`study: ${(cause as Error).message} (${FLAGS})`, { cause });
  }
}
