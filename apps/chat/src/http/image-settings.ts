/** How the images of a request are drawn: its own fields, else the model's settings. */
import { randomInt } from "node:crypto";
import type { ServedModel } from "../engine/engine.ts";
import type { ImageRecord } from "../images/image-record.ts";
import { ApiError } from "./api-error.ts";

/** Fields of a request that say how images are drawn. */
export type ImageFields = {
  readonly seed?: number | null | undefined;
  readonly steps?: number | null | undefined;
  readonly guidance_scale?: number | null | undefined;
  readonly negative_prompt?: string | null | undefined;
  readonly size?: string | null | undefined;
  readonly quality?: string | null | undefined;
};

/** As the pipeline takes them. */
export type ImageSettings = {
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly negativePrompt: string;
  readonly width: number;
  readonly height: number;
};

/** Sides up to this many times the model's own may be asked for; beyond, nothing it learned holds. */
const MAX_ENLARGEMENT = 2;
/** Seeds drawn by the server fit in 32 bits, so that people can type them. */
const NUM_SEEDS = 2 ** 32;
/** Factor of the model's denoising steps. */
const STEPS_OF_QUALITY: Readonly<Record<string, number>> = { low: 0.5, high: 2, hd: 2 };

/** @throws {ApiError} 400 when the model cannot draw the size, naming those it can */
export function imageSettings(fields: ImageFields, model: ServedModel): ImageSettings {
  const { generation } = model;
  const factor = STEPS_OF_QUALITY[fields.quality ?? "auto"] ?? 1;
  return {
    seed: fields.seed ?? randomInt(NUM_SEEDS),
    steps: fields.steps ?? Math.ceil(generation.steps * factor),
    guidanceScale: fields.guidance_scale ?? generation.guidanceScale,
    negativePrompt: fields.negative_prompt ?? "",
    ...imageSize(fields.size ?? "auto", model),
  };
}

/** What image `index` of a request is recorded with; each has the next seed. */
export function imageRecord(
  prompt: string,
  { settings, model, index }: { settings: ImageSettings; model: ServedModel; index: number },
): ImageRecord {
  const { seed, steps, guidanceScale, negativePrompt } = settings;
  return {
    prompt,
    negativePrompt,
    seed: seed + index,
    steps,
    guidanceScale,
    solver: model.generation.solver,
    model: model.id,
  };
}

function imageSize(size: string, { generation: { imageSize: own }, sizeUnit }: ServedModel) {
  if (size === "auto") return { width: own, height: own };
  const [width = 0, height = 0] = size.split("x").map(Number);
  const isAllowed = (side: number) => side % sizeUnit === 0 && side <= MAX_ENLARGEMENT * own;
  if (isAllowed(width) && isAllowed(height)) return { width, height };
  throw new ApiError(
    400,
    "invalid_size",
    `size: ${size} cannot be drawn; "auto" is this model's own ${own}x${own}, and each side may be any multiple of ${sizeUnit} up to ${MAX_ENLARGEMENT * own}`,
    { param: "size" },
  );
}
