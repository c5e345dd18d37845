/**
 * A study is a list of trainings and what is measured of them, written down: everything a page of figures rests on. Each run
 * is one process and leaves one JSON file, so a study can be stopped, resumed and rerun in parts, and its page is a pure
 * function of those files.
 */

import type { CaptionKind } from "@interfuse/data";
import type { JsonValue } from "@interfuse/training";

/** Data sets that a study makes for itself. */
export type DataName = "scenes" | "many-scenes" | "few-scenes" | "emoji";

/** What every training is given. */
type Training = {
  readonly data: DataName;
  readonly recipe: string;
  /** As after `--set`. */
  readonly overrides: readonly string[];
  readonly seed: number;
};

/** Trains an image tokenizer and measures it. */
export type TokenizerRun = Training & { readonly kind: "tokenizer" };

/** Trains a model on scenes and lets the oracle judge what it draws. */
export type ModelRun = Training & {
  readonly kind: "model";
  /** The tokenizer run whose latents it learns; null for raw pixels. */
  readonly imageTokenizer: string | null;
  /** Kinds of captions to draw, and how many in all. */
  readonly drawn: readonly CaptionKind[];
  readonly numCases: number;
  /** Trains for as long as the slowest of these runs did, instead of for the recipe's steps; one of them is `like`. */
  readonly equalTime: { readonly like: string; readonly among: readonly string[] } | null;
};

/** Trains the network whose features perceptual distances and rFID are taken of. */
export type FeaturesRun = { readonly kind: "features"; readonly data: DataName; readonly steps: number };

/** Fits tokenizers without networks and measures them on the same pictures. */
export type BaselinesRun = {
  readonly kind: "baselines";
  readonly data: DataName;
  readonly downsampling: number;
  readonly numComponents: number;
  readonly numCodes: number;
};

/** Draws held-out pictures over what each tokenizer makes of them. */
export type SheetRun = {
  readonly kind: "sheet";
  readonly data: DataName;
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly run: string }[];
};

/** One process's work; `needs` are the ids of runs that must be finished. */
export type Run = { readonly id: string; readonly needs: readonly string[] } & (
  | TokenizerRun
  | ModelRun
  | FeaturesRun
  | BaselinesRun
  | SheetRun
);

/** What a finished run leaves. */
export type RunResult = {
  readonly run: Run;
  /** The complete recipe of a training; null for other runs. */
  readonly settings: JsonValue;
  /** By name; see `docs/image-tokenizers.md`. */
  readonly figures: Readonly<Record<string, number>>;
  /** Processor time of the whole run in seconds, pauses not counted. */
  readonly processorSeconds: number;
  /** Year, month and day of the end. */
  readonly date: string;
  readonly machine: string;
};

/** Results by id. */
export type Results = ReadonlyMap<string, RunResult>;

/** A part of the page, and the runs it reads. */
export type Section = {
  /** What `--only` and the page's markers call it. */
  readonly name: string;
  readonly runs: readonly Run[];
  /** Markdown of what is finished. */
  readonly format: (results: Results) => string;
};

/** A page of figures. */
export type Study = {
  readonly name: string;
  readonly sections: readonly Section[];
  /** From the repository's top folder: the page whose marked parts are replaced. */
  readonly page: string;
};

/** The runs of a study, each once, those that others need first. */
export function runsOf({ sections }: Study): Run[] {
  const byId = new Map(sections.flatMap(({ runs }) => runs).map((run) => [run.id, run]));
  const ordered = new Map<string, Run>();
  const visit = (run: Run, from: readonly string[]) => {
    if (from.includes(run.id)) throw new Error(`runsOf: ${[...from, run.id].join(" needs ")}`);
    for (const id of run.needs) {
      const needed = byId.get(id);
      if (needed === undefined) throw new Error(`runsOf: run "${run.id}" needs "${id}", which the study does not have`);
      visit(needed, [...from, run.id]);
    }
    ordered.set(run.id, run);
  };
  for (const run of byId.values()) visit(run, []);
  return [...ordered.values()];
}
