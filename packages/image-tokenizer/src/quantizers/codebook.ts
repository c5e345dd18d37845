/**
 * A learnt table of codes: where it starts, how it follows what is assigned to it, how its dead codes come back.
 * It knows vectors only; what latents are and which losses there are is the quantizer's.
 */
// N vectors, K codes, C channels
import { type Generator, initOnes, Module, tf } from "@interfuse/tensor";
import type { Assignment, Assignments } from "./assignments.ts";
import { clusterSums } from "./cluster-sums.ts";
import { kMeans } from "./k-means.ts";
import { normalizeLastAxis } from "./normalize.ts";
import { randomRows } from "./random-rows.ts";
import { spreadRows } from "./spread-rows.ts";

/** What a quantizer needs of its codes. */
export interface Codebook extends Module {
  readonly numCodes: number;
  readonly dim: number;
  /** The codes `[K, C]`, differentiable in the parameters; the caller's. */
  codes(): tf.Tensor2D;
  /** Fits the codes to vectors `[N, C]`; nothing where they cannot be fitted. */
  startFrom(vectors_NC: tf.Tensor2D, generator: Generator): void;
  /** Keeps an assignment for `update`, where that would read it. */
  collect(assignment: Assignment, assignments: Assignments | undefined): void;
  /** See {@link Quantizer.update}. */
  update(assignments: Assignments, generator: Generator): void;
}

/** Settings of a {@link LearntCodebook}; see {@link VectorQuantizerConfig}. */
export type LearntCodebookOptions = {
  readonly numCodes: number;
  readonly dim: number;
  readonly learning: "gradient" | "ema";
  /** Codes have length 1. */
  readonly isSpherical: boolean;
  readonly decay: number;
  readonly revivalThreshold: number;
};

/** Against division by the size 0 (vector-quantize-pytorch). */
const SMOOTHING = 1e-5;

/**
 * Codes that an optimizer moves (parameter `codes`) or that are moving averages of their vectors (buffers `codes`,
 * `cluster_sizes`, `cluster_sums`). Revival needs the sizes in both.
 */
export class LearntCodebook extends Module implements Codebook {
  readonly numCodes: number;
  readonly dim: number;
  readonly #options: LearntCodebookOptions;
  readonly #codes_KC: tf.Variable<tf.Rank.R2>;
  readonly #sizes_K: tf.Variable<tf.Rank.R1> | undefined;
  readonly #sums_KC: tf.Variable<tf.Rank.R2> | undefined;

  constructor(options: LearntCodebookOptions, generator: Generator) {
    super();
    const { numCodes, dim, learning, isSpherical, revivalThreshold } = options;
    this.numCodes = numCodes;
    this.dim = dim;
    this.#options = options;
    const initial = initialCodes(generator, { numCodes, dim, isSpherical });
    // Sizes start at 1, not 0: a code without vectors would be its sum divided by almost nothing.
    const sizes = () => this.buffer("cluster_sizes", initOnes([numCodes])) as tf.Variable<tf.Rank.R1>;
    if (learning === "ema") {
      this.#codes_KC = this.buffer("codes", initial) as tf.Variable<tf.Rank.R2>;
      this.#sizes_K = sizes();
      this.#sums_KC = this.buffer("cluster_sums", this.#codes_KC.clone()) as tf.Variable<tf.Rank.R2>;
    } else {
      this.#codes_KC = this.parameter("codes", initial) as tf.Variable<tf.Rank.R2>;
      if (revivalThreshold > 0) this.#sizes_K = sizes();
    }
  }

  codes(): tf.Tensor2D {
    // Averages are normalised when they are updated; an optimizer's codes have any length.
    const { learning, isSpherical } = this.#options;
    return isSpherical && learning === "gradient" ? normalizeLastAxis(this.#codes_KC) : this.#codes_KC.clone();
  }

  startFrom(vectors_NC: tf.Tensor2D, generator: Generator): void {
    tf.tidy(() => {
      const start = spreadRows(vectors_NC, this.numCodes, generator);
      const { isSpherical } = this.#options;
      const { centres_KC, sizes_K } = kMeans(vectors_NC, start, { isSpherical });
      const sizes = sizes_K.maximum<tf.Tensor1D>(1);
      this.#assign({ codes_KC: centres_KC, sizes_K: sizes, sums_KC: centres_KC.mul(sizes.expandDims(1)) });
    });
  }

  collect(assignment: Assignment, assignments: Assignments | undefined): void {
    if (this.#sizes_K !== undefined) assignments?.add(this, assignment);
  }

  update(assignments: Assignments, generator: Generator): void {
    const assignment = assignments.take(this);
    if (assignment === undefined || this.#sizes_K === undefined) return;
    try {
      tf.tidy(() => this.#assign(this.#revived(this.#averaged(assignment), assignment, generator)));
    } finally {
      tf.dispose(assignment);
    }
  }

  /** `average = decay * average + (1 - decay) * step`, and codes as smoothed means where they are averages. */
  #averaged({ vectors_NC, indices_N }: Assignment): CodebookState {
    const { numCodes, decay, isSpherical } = this.#options;
    const { counts_K, sums_KC } = clusterSums(vectors_NC, indices_N, numCodes);
    const sizes = this.#sizes_K!.mul(decay).add<tf.Tensor1D>(counts_K.mul(1 - decay));
    if (this.#sums_KC === undefined) return { codes_KC: this.#codes_KC, sizes_K: sizes };
    const sums = this.#sums_KC.mul(decay).add<tf.Tensor2D>(sums_KC.mul(1 - decay));
    const total = sizes.sum();
    const smoothed = sizes
      .add(SMOOTHING)
      .div(total.add(numCodes * SMOOTHING))
      .mul(total);
    const means = sums.div<tf.Tensor2D>(smoothed.expandDims(1));
    return { codes_KC: isSpherical ? normalizeLastAxis(means) : means, sizes_K: sizes, sums_KC: sums };
  }

  /** Puts a random vector of the step in place of each dead code, counted as if it just lived. */
  #revived(state: CodebookState, { vectors_NC }: Assignment, generator: Generator): CodebookState {
    const { numCodes, dim, revivalThreshold } = this.#options;
    // In a step of so few vectors every code would look dead.
    if (revivalThreshold === 0 || revivalThreshold >= vectors_NC.shape[0] / numCodes) return state;
    const isDead_K = state.sizes_K.less(revivalThreshold);
    const isDead_KC = isDead_K.expandDims(1).tile<tf.Tensor2D>([1, dim]);
    // One candidate for every code, dead or not: nothing has to be read from the backend.
    const candidates = randomRows(vectors_NC, numCodes, generator);
    return {
      codes_KC: tf.where(isDead_KC, candidates, state.codes_KC),
      sizes_K: tf.where(isDead_K, tf.fill([numCodes], revivalThreshold), state.sizes_K),
      sums_KC: state.sums_KC && tf.where(isDead_KC, candidates.mul(revivalThreshold), state.sums_KC),
    };
  }

  #assign({ codes_KC, sizes_K, sums_KC }: CodebookState): void {
    this.#codes_KC.assign(codes_KC);
    this.#sizes_K?.assign(sizes_K);
    if (sums_KC !== undefined) this.#sums_KC?.assign(sums_KC);
  }
}

type CodebookState = {
  readonly codes_KC: tf.Tensor2D;
  readonly sizes_K: tf.Tensor1D;
  readonly sums_KC?: tf.Tensor2D | undefined;
};

/** Uniform in [-1/K, 1/K) (taming-transformers, LlamaGen), at length 1 where that is asked for. */
function initialCodes(
  generator: Generator,
  { numCodes, dim, isSpherical }: { numCodes: number; dim: number; isSpherical: boolean },
): tf.Tensor2D {
  return tf.tidy(() => {
    const uniform = tf.tensor2d(generator.uniformArray(numCodes * dim), [numCodes, dim]);
    const codes = uniform.mul(2).sub(1).div<tf.Tensor2D>(numCodes);
    return isSpherical ? normalizeLastAxis(codes) : codes;
  });
}
