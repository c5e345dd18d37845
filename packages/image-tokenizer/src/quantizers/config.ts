/** Configs of the quantizers; `type` says which. Plain JSON, so a tokenizer's config can hold one. */
/** Config of a VectorQuantizer. */
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
  /** A code whose average number of vectors a step is below this is replaced by a random vector. 0 (default) is off. */
  readonly revivalThreshold: number;
};

/** Config of a FiniteScalarQuantizer (arXiv 2309.15505). */
export type FiniteScalarQuantizerConfig = {
  readonly type: "finite-scalar";
  /** Values of each channel, first channel first. */
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
