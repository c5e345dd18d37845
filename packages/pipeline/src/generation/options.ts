/** What the functions of a pipeline take beside their inputs, checked and filled in from the model folder's settings. */
import type { SolverName } from "@interfuse/diffusion";
import type { GenerationSettings } from "../config/pipeline-config.ts";
import type { IndexedEvent } from "./events.ts";

/** How pictures are drawn; what is left out comes from the model folder. */
export type ImageSamplingOptions = {
  /** Solver steps from noise to image. */
  readonly steps?: number;
  /** Classifier-free guidance weight; 1 is off. */
  readonly guidanceScale?: number;
  /** What guidance leads away from, instead of from no prompt at all; without guidance it has no effect. */
  readonly negativePrompt?: string;
  /** Integration rule; see `@interfuse/diffusion`. */
  readonly solver?: SolverName;
  /** Width of the picture, in pixels. */
  readonly width?: number;
  /** Height of the picture, in pixels. */
  readonly height?: number;
  /** Previews to decode on the way, spread evenly over the steps. */
  readonly numPreviews?: number;
};

/** How text is sampled. */
export type TextSamplingOptions = {
  /** 0, the default, takes the most likely token always. */
  readonly temperature?: number;
  /** Nucleus sampling; 1 is off. */
  readonly topP?: number;
  /** Most text tokens of an answer. */
  readonly maxTokens?: number;
};

type CommonOptions = {
  /** The only source of randomness, default 0; input `i` gives what it would give alone with `seed + i`. */
  readonly seed?: number;
};
type ObservedOptions = CommonOptions & {
  /** Called with every event of every input as it happens. */
  readonly onEvent?: (event: IndexedEvent) => void;
};

/** Options of `draw` and `edit`. */
export type DrawOptions = ImageSamplingOptions & ObservedOptions;
/** Options of `describe` and `ask`. */
export type AnswerOptions = TextSamplingOptions & ObservedOptions;
/** Options of `chat`. */
export type ChatOptions = ImageSamplingOptions &
  TextSamplingOptions &
  CommonOptions & {
    /** Most images of an answer; 0 answers in text only. */
    readonly maxImages?: number;
    /** Texts that end the answer when they come; they are left out of it. */
    readonly stop?: readonly string[];
  };

/** `ImageSamplingOptions` filled in. */
export type ResolvedImageSampling = Required<ImageSamplingOptions>;
/** `TextSamplingOptions` filled in. */
export type ResolvedTextSampling = Required<TextSamplingOptions>;

/**
 * Fills in an image's settings and checks them.
 * @param unit pixels that a patch covers in each direction; both sides must be multiples of it
 * @throws {RangeError} naming the option, its value and the rule
 */
export function resolveImageSampling(
  operation: string,
  options: ImageSamplingOptions,
  { settings, unit }: { settings: GenerationSettings; unit: number },
): ResolvedImageSampling {
  const {
    steps = settings.steps,
    guidanceScale = settings.guidanceScale,
    negativePrompt = "",
    solver = settings.solver,
    width = settings.imageSize,
    height = settings.imageSize,
    numPreviews = 0,
  } = options;
  checkWhole(operation, { name: "steps", value: steps, least: 1 });
  checkWhole(operation, { name: "numPreviews", value: numPreviews, least: 0 });
  if (!(guidanceScale >= 0 && Number.isFinite(guidanceScale))) {
    throw new RangeError(
      `${operation}: guidanceScale (=${guidanceScale}) must be a number of at least 0; 1 turns guidance off`,
    );
  }
  checkImageSize(operation, { what: "the picture to draw", width, height }, { settings, unit });
  return { steps, guidanceScale, negativePrompt, solver, width, height, numPreviews };
}

/** Fills in a text's settings and checks them. @throws {RangeError} naming the option, its value and the rule */
export function resolveTextSampling(operation: string, options: TextSamplingOptions): ResolvedTextSampling {
  const { temperature = 0, topP = 1, maxTokens = 256 } = options;
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    throw new RangeError(`${operation}: temperature (=${temperature}) must be a number of at least 0; 0 is greedy`);
  }
  if (!(topP > 0 && topP <= 1)) {
    throw new RangeError(`${operation}: topP (=${topP}) must be above 0 and at most 1; 1 turns it off`);
  }
  checkWhole(operation, { name: "maxTokens", value: maxTokens, least: 1 });
  return { temperature, topP, maxTokens };
}

/** @throws {RangeError} naming both sizes and those allowed, when a side is not a positive multiple of `unit` */
export function checkImageSize(
  operation: string,
  picture: { what: string; width: number; height: number },
  { settings, unit }: { settings: GenerationSettings; unit: number },
): void {
  const { what, width, height } = picture;
  const isAllowed = (side: number): boolean => Number.isInteger(side) && side > 0 && side % unit === 0;
  if (isAllowed(width) && isAllowed(height)) return;
  const nearest = (side: number): number =>
    side > 0 ? Math.max(1, Math.round(side / unit)) * unit : settings.imageSize;
  throw new RangeError(
    `${operation}: ${what} is ${width}x${height}, the model's own size is ${settings.imageSize}x${settings.imageSize}; ` +
      `width and height must be multiples of ${unit}, here ${nearest(width)}x${nearest(height)}; resize it or choose such a size`,
  );
}

/** @throws {RangeError} when an option is not a whole number of at least `least` */
export function checkWhole(operation: string, option: { name: string; value: number; least: number }): void {
  const { name, value, least } = option;
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${operation}: ${name} (=${value}) must be a whole number of at least ${least}`);
  }
}
