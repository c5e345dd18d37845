/** How the next message is answered, as the panel shows it; kept between visits. */
import type { AnswerModel } from "../answerers/answerer.ts";
import { KeptText } from "./kept-text.ts";

export type Settings = {
  readonly answerWith: "auto" | "image" | "text";
  /** The seed that is used while it is locked, and the last one used otherwise. */
  readonly seed: number;
  readonly isSeedLocked: boolean;
  /** Undefined: the model's own. */
  readonly steps: number | undefined;
  readonly guidanceScale: number | undefined;
  readonly temperature: number;
  /** Whether earlier messages are sent too; undefined: as suits the model. */
  readonly hasMemory: boolean | undefined;
  /** Every message is answered twice: with the settings above, and with these. */
  readonly isComparing: boolean;
  readonly compared: { readonly steps: number | undefined; readonly guidanceScale: number | undefined };
  readonly theme: "auto" | "light" | "dark";
};

const DEFAULT_SETTINGS: Settings = {
  answerWith: "auto",
  seed: 0,
  isSeedLocked: false,
  steps: undefined,
  guidanceScale: undefined,
  temperature: 0,
  hasMemory: undefined,
  isComparing: false,
  compared: { steps: undefined, guidanceScale: 1 },
  theme: "auto",
};

/** Seeds that people can type: 32 bits. */
export const NUM_SEEDS = 2 ** 32;
export const MAX_STEPS = 100;
export const MAX_GUIDANCE = 12;

/** Contexts shorter than this hold one exchange at a time, and their models are trained on one. */
const SHORTEST_MEMORY = 2048;

/** Whether earlier messages are sent to a model. */
export function usesMemory({ hasMemory }: Settings, model: AnswerModel): boolean {
  return hasMemory ?? model.contextLength >= SHORTEST_MEMORY;
}

const kept = new KeptText("interfuse-settings", () => localStorage);

/** Settings of the last visit; the defaults where there are none, or none that can be read. */
export function loadSettings(): Settings {
  try {
    return { ...DEFAULT_SETTINGS, ...(JSON.parse(kept.get() ?? "{}") as Partial<Settings>) };
  } catch {
    return DEFAULT_SETTINGS;
  }
}

/** @returns whether the browser keeps them */
export function saveSettings(settings: Settings): boolean {
  return kept.set(JSON.stringify(settings));
}

export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
