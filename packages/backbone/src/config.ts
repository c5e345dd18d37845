/**
 * The sizes and switches of a backbone, and the one place that fills in defaults and checks that they fit together.
 */
import { z } from "zod";

/** Everything needed to rebuild a {@link Backbone} apart from its weights. All fields are resolved; make one with {@link resolveBackboneConfig}. */
export type BackboneConfig = {
  /** Width D of the residual stream. */
  readonly modelDim: number;
  /** Number of blocks. */
  readonly numLayers: number;
  /** Query heads N. */
  readonly numHeads: number;
  /** Key/value heads G; divides `numHeads`. Equal to it is multi-head attention, 1 is multi-query attention. */
  readonly numKvHeads: number;
  /** Size K of one head; even, and at least 6, so that each of the three position axes rotates at least one pair. */
  readonly headDim: number;
  /** Hidden size F of the SwiGLU. */
  readonly mlpDim: number;
  /** Base of the rotary frequencies. */
  readonly ropeBase: number;
  /** Epsilon of every RMSNorm. */
  readonly normEpsilon: number;
  /** RMSNorm over each query and key head before the rotation. */
  readonly useQkNorm: boolean;
  /** Width of the per-token conditioning; absent means no adaptive normalisation. */
  readonly conditioningDim?: number;
  /** Sets of projection weights; a token uses the one that `expert_L` names. 1 is an ordinary decoder. */
  readonly numExperts: number;
};

/** What a caller writes: the three sizes that have no default, and whatever else it wants to change. */
export type BackboneConfigInput = Pick<BackboneConfig, "modelDim" | "numLayers" | "numHeads"> & Partial<BackboneConfig>;

const MLP_MULTIPLE = 32;

const size = z.int().positive();
const inputSchema = z.strictObject({
  modelDim: size,
  numLayers: size,
  numHeads: size,
  numKvHeads: size.optional(),
  headDim: size.optional(),
  mlpDim: size.optional(),
  ropeBase: z.number().gt(1).default(10_000),
  normEpsilon: z.number().positive().default(1e-5),
  useQkNorm: z.boolean().default(false),
  conditioningDim: size.optional(),
  numExperts: size.default(1),
});

/**
 * Fills defaults (`numKvHeads = numHeads`, `headDim = modelDim / numHeads`, `mlpDim` = 8/3 of `modelDim` rounded up to a
 * multiple of 32) and checks the result. Idempotent: a resolved config resolves to itself.
 *
 * @throws RangeError naming the field, its value and the rule it breaks; TypeError for a field that is missing, unknown or of the wrong kind.
 */
export function resolveBackboneConfig(input: BackboneConfigInput): BackboneConfig {
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) throw describeIssues(input, parsed.error);
  const { modelDim, numHeads, conditioningDim, ...rest } = parsed.data;
  const numKvHeads = rest.numKvHeads ?? numHeads;
  if (rest.headDim === undefined && modelDim % numHeads !== 0) {
    throw new RangeError(
      `resolveBackboneConfig: modelDim (=${modelDim}) must be divisible by numHeads (=${numHeads}) when headDim is left out; set headDim or change one of them`,
    );
  }
  const headDim = rest.headDim ?? modelDim / numHeads;
  if (numHeads % numKvHeads !== 0) {
    throw new RangeError(
      `resolveBackboneConfig: numHeads (=${numHeads}) must be divisible by numKvHeads (=${numKvHeads})`,
    );
  }
  if (headDim % 2 !== 0 || headDim < 6) {
    throw new RangeError(
      `resolveBackboneConfig: headDim (=${headDim}) must be even and at least 6, one rotated pair for each of the axes sequence, row and column`,
    );
  }
  const mlpDim = rest.mlpDim ?? Math.ceil((8 * modelDim) / 3 / MLP_MULTIPLE) * MLP_MULTIPLE;
  const resolved = { ...rest, modelDim, numHeads, numKvHeads, headDim, mlpDim };
  return conditioningDim === undefined ? resolved : { ...resolved, conditioningDim };
}

function describeIssues(input: unknown, error: z.ZodError): Error {
  const lines = error.issues.map((issue) => {
    const name = issue.path.join(".");
    const value = name === "" ? input : (input as Record<string, unknown>)[name];
    return name === "" ? issue.message : `${name} (=${String(value)}): ${issue.message}`;
  });
  const ofKind = error.issues.every((issue) => issue.code === "too_small" || issue.code === "too_big");
  const message = `resolveBackboneConfig: ${lines.join("; ")}`;
  return ofKind ? new RangeError(message, { cause: error }) : new TypeError(message, { cause: error });
}
