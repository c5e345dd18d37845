/** Configs of the quantizers; `type` says which. Plain JSON, so a tokenizer's config can hold one. */
import { z } from "zod";
import { parseConfig } from "../parse-config.ts";

/** Indices are computed in float32; see `mixed-radix.ts`. */
const MAX_CODES = 2 ** 22;

/** Bounds of FSQ are a thousandth too narrow or too wide, which for more levels than this is over half a level at each end. */
const MAX_LEVELS = 1000;

/** Config of a {@link VectorQuantizer}. */
export type VectorQuantizerConfig = {
  readonly type: "vector";
  /** K. */
  readonly numCodes: number;
  /** C, channels of the latents. 8 to 32 with `useL2Norm` is the standard setting against collapse. */
  readonly dim: number;
  /**
   * How the codebook learns: `gradient` (VQ-VAE, arXiv 1711.00937), `ema` (moving averages of what is assigned to a code,
   * same paper), or `linear` (SimVQ, arXiv 2411.02038: a frozen random codebook under a trained linear map). Default `gradient`.
   */
  readonly learning: "gradient" | "ema" | "linear";
  /** Latents and codes are normalised to length 1, so that the nearest is the one of the largest cosine. Default false. */
  readonly useL2Norm: boolean;
  /** How the gradient passes: `straight-through`, or `rotation` (arXiv 2410.06424). Default `straight-through`. */
  readonly estimator: "straight-through" | "rotation";
  /** beta, on the commitment loss. Default 0.25. */
  readonly commitmentWeight: number;
  /** Of the moving averages, those that revival reads included. Default 0.8. */
  readonly decay: number;
  /**
   * A code whose average number of vectors a step is below this is replaced by a random vector, except in a step that has no
   * more than this many vectors per code: every code would look dead. 0 (default) is off.
   */
  readonly revivalThreshold: number;
};

/** Config of a FiniteScalarQuantizer (arXiv 2309.15505). */
export type FiniteScalarQuantizerConfig = {
  readonly type: "finite-scalar";
  /** How many values each channel has, 2 to 1000, first channel first. {@link finiteScalarPresets} has the published ones. */
  readonly levels: readonly number[];
  /**
   * `narrow` is the paper's own program: `(L-1)(1-eps)/2`, shift by tan. `wide` is vector-quantize-pytorch's:
   * `(L-1)(1+eps)/2`, shift by atanh, levels of 3 or more. They differ for about one value in a thousand. Default `narrow`.
   */
  readonly bound: "narrow" | "wide";
};

/** Config of a LookupFreeQuantizer (arXiv 2310.05737; with `useL2Norm`, BSQ, arXiv 2406.07548). */
export type LookupFreeQuantizerConfig = {
  readonly type: "lookup-free";
  /** C, channels of the latents and bits of an index: 2^C codes. */
  readonly dim: number;
  /** Latents are normalised to length 1, and codes have it. Default false: codes are -1 and 1. */
  readonly useL2Norm: boolean;
  /** Of `entropy`. Default 0.1. */
  readonly entropyWeight: number;
  /** gamma: how much the entropy of the average use counts against the entropy of each vector. Default 1. */
  readonly diversityWeight: number;
  /** The softmax that entropies are taken of is over `2 x.c / temperature`. Default 0.01. */
  readonly temperature: number;
  /** Of `commitment`. Default 0.25. */
  readonly commitmentWeight: number;
};

/** Config of a ResidualVectorQuantizer (SoundStream, arXiv 2107.03312). */
export type ResidualVectorQuantizerConfig = {
  readonly type: "residual";
  readonly numStages: number;
  /** Every stage is one of these. */
  readonly stage: VectorQuantizerConfig;
  /** All stages read one codebook. Default false. */
  readonly useSharedCodebook: boolean;
  /**
   * Quantize-dropout: a training step keeps a random number of stages, from this to all. Default `numStages`: always all.
   */
  readonly minStages: number;
};

/** Config of a MultiScaleVectorQuantizer (VAR, arXiv 2404.02905). */
export type MultiScaleVectorQuantizerConfig = {
  readonly type: "multi-scale";
  readonly numCodes: number;
  readonly dim: number;
  /** `[rows, columns]` of the map of every scale, coarse to fine; the last is the size of the latents. A number in the input is a square. */
  readonly scales: readonly (readonly [number, number])[];
  /** Nearest by cosine; codes keep their length. Default false. */
  readonly useL2Norm: boolean;
  /** Convolutions phi after upsampling, which neighbouring scales share. Default 4. */
  readonly numConvolutions: number;
  /** r in `phi(h) = (1-r) h + r conv(h)`; 0 leaves phi out. Default 0.5. */
  readonly convolutionShare: number;
  /** beta. Default 0.25. */
  readonly commitmentWeight: number;
  /** As in {@link VectorQuantizerConfig}. */
  readonly decay: number;
  readonly revivalThreshold: number;
};

/** The config of any quantizer. */
export type QuantizerConfig =
  | VectorQuantizerConfig
  | FiniteScalarQuantizerConfig
  | LookupFreeQuantizerConfig
  | ResidualVectorQuantizerConfig
  | MultiScaleVectorQuantizerConfig;

const count = z.int().positive();
const weight = z.number().nonnegative();

/** Moving averages of how many vectors a code gets, and when they call it dead. */
const revivalFields = { decay: z.number().min(0).lt(1).default(0.8), revivalThreshold: weight.default(0) };

const vectorSchema = z
  .strictObject({
    type: z.literal("vector"),
    numCodes: count,
    dim: count,
    learning: z.enum(["gradient", "ema", "linear"]).default("gradient"),
    useL2Norm: z.boolean().default(false),
    estimator: z.enum(["straight-through", "rotation"]).default("straight-through"),
    commitmentWeight: weight.default(0.25),
    ...revivalFields,
  })
  .refine(({ learning, revivalThreshold }) => learning !== "linear" || revivalThreshold === 0, {
    message: 'revivalThreshold must be 0 with learning "linear": its codes are frozen, only the map under them learns',
  });

const finiteScalarSchema = z
  .strictObject({
    type: z.literal("finite-scalar"),
    levels: z.array(z.int().min(2).max(MAX_LEVELS)).min(1).readonly(),
    bound: z.enum(["narrow", "wide"]).default("narrow"),
  })
  .superRefine(({ levels, bound }, context) => {
    const numCodes = levels.reduce((product, level) => product * level, 1);
    if (numCodes > MAX_CODES) {
      context.addIssue(
        `levels ([${levels}]) make ${numCodes} codes; at most ${MAX_CODES} indices are exact in float32`,
      );
    }
    if (bound === "wide" && levels.includes(2)) {
      context.addIssue(`levels ([${levels}]) must be 3 or more with bound "wide"; 2 works with "narrow"`);
    }
  });

const lookupFreeSchema = z.strictObject({
  type: z.literal("lookup-free"),
  dim: count.max(Math.log2(MAX_CODES)),
  useL2Norm: z.boolean().default(false),
  entropyWeight: weight.default(0.1),
  diversityWeight: weight.default(1),
  temperature: z.number().positive().default(0.01),
  commitmentWeight: weight.default(0.25),
});

const residualSchema = z
  .strictObject({
    type: z.literal("residual"),
    numStages: count,
    stage: vectorSchema,
    useSharedCodebook: z.boolean().default(false),
    minStages: count.optional(),
  })
  .transform((config) => ({ ...config, minStages: config.minStages ?? config.numStages }))
  .superRefine(({ numStages, minStages, stage }, context) => {
    if (minStages > numStages) {
      context.addIssue(`minStages (=${minStages}) must be at most numStages (=${numStages})`);
    }
    if (stage.useL2Norm) {
      context.addIssue("stage.useL2Norm must be false: a remainder of length 1 would never become small");
    }
  });

const square = count.transform((side): readonly [number, number] => [side, side]);
const scale = z.union([square, z.tuple([count, count]).readonly()]);

const multiScaleSchema = z
  .strictObject({
    type: z.literal("multi-scale"),
    numCodes: count,
    dim: count,
    scales: z.array(scale).min(1).readonly(),
    useL2Norm: z.boolean().default(false),
    numConvolutions: count.default(4),
    convolutionShare: z.number().min(0).max(1).default(0.5),
    commitmentWeight: weight.default(0.25),
    ...revivalFields,
  })
  .superRefine(({ scales }, context) => {
    const [rows, columns] = scales.at(-1) as readonly [number, number];
    for (const scale of scales) {
      if (scale[0] > rows || scale[1] > columns) {
        context.addIssue(`scales: ${scale.join("x")} is larger than the last scale, ${rows}x${columns}`);
      }
    }
  });

const schemas = {
  vector: vectorSchema,
  "finite-scalar": finiteScalarSchema,
  "lookup-free": lookupFreeSchema,
  residual: residualSchema,
  "multi-scale": multiScaleSchema,
};

type QuantizerType = keyof typeof schemas;

/** What a caller writes for the quantizer of a type; what has a default may be left out. */
export type QuantizerConfigInput<T extends QuantizerType = QuantizerType> = {
  [K in T]: z.input<(typeof schemas)[K]>;
}[T];

/**
 * Fills defaults and checks. Idempotent.
 * @param input Of one of the types, or parsed from JSON.
 * @throws TypeError for an unknown type; RangeError naming every field that is wrong.
 */
export function resolveQuantizerConfig<T extends QuantizerType>(
  input: QuantizerConfigInput<T>,
): Extract<QuantizerConfig, { type: T }>;
export function resolveQuantizerConfig(input: unknown): QuantizerConfig;
export function resolveQuantizerConfig(input: unknown): QuantizerConfig {
  const type = (input as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== "string" || !Object.hasOwn(schemas, type)) {
    const known = Object.keys(schemas).map((name) => `"${name}"`);
    throw new TypeError(`resolveQuantizerConfig: type (=${JSON.stringify(type)}) must be one of ${known.join(", ")}`);
  }
  return parseConfig("resolveQuantizerConfig", schemas[type as QuantizerType], input);
}

/** Levels by the size of codebook that they stand in for, 2^8 to 2^16 (arXiv 2309.15505, table 1). */
export const finiteScalarPresets = {
  "2^8": [8, 6, 5],
  "2^10": [8, 5, 5, 5],
  "2^12": [7, 5, 5, 5, 5],
  "2^14": [8, 8, 8, 6, 5],
  "2^16": [8, 8, 8, 5, 5, 5],
} as const satisfies Record<string, readonly number[]>;
