/**
 * Solvers as step machines. The network belongs to somebody else, who may have several runs in flight and may have to
 * wait for it, so a solver never calls it: `next` says where the network is wanted, `take` hands its answer in.
 *
 *     const run = solvers.euler.begin({ noise, timesteps, path, predictionType });
 *     for (let request = run.next(); request !== undefined; request = run.next()) run.take(network(request));
 *     run.latents; // the sample
 */
import type { Generator } from "@interfuse/tensor";
import type { NoisePath } from "../noise-path.ts";
import { checkPredictionType, type Estimate, estimateFromPrediction, type PredictionType } from "../prediction.ts";

/** Everything a run starts from. */
export type SolverOptions = {
  /** Standard normal start, of any length; not kept. */
  readonly noise: Float32Array;
  /** Descending, at least two, as `timestepGrid` makes them. */
  readonly timesteps: ArrayLike<number>;
  readonly path: NoisePath;
  readonly predictionType: PredictionType;
  /** Clamps estimated clean latents to [-clamp, clamp]: needed for epsilon near pure noise, where errors are divided by alpha. Default off. */
  readonly clamp?: number;
  /** Fresh noise; only stochastic solvers need it. */
  readonly generator?: Generator;
};

/** Where the network is wanted. */
export type PredictionRequest = {
  /** Noisy latents; not to be changed. */
  readonly noisyLatents: Float32Array;
  readonly t: number;
};

/** One sample on its way from noise to clean. */
export type SolverRun = {
  /** Steps in total. */
  readonly numSteps: number;
  /** Steps finished. */
  readonly stepsDone: number;
  /** Noisy latents at the current timestep; the sample once `next` gives undefined. */
  readonly latents: Float32Array;
  /** The clean latents estimated at the last prediction, for previews; undefined before the first. */
  readonly preview: Float32Array | undefined;
  /** The evaluation that is due, the same until it is taken; undefined when finished. */
  next(): PredictionRequest | undefined;
  /** Hands in the network's prediction for `next()`. @throws Error when none is due; RangeError when its length is wrong or a value is not finite. */
  take(prediction: Float32Array): void;
};

/** An integration rule. */
export type Solver = {
  /** Network evaluations a step takes, at most. */
  readonly evaluationsPerStep: number;
  /** Starts a run. @throws TypeError for noise that is none; RangeError for timesteps that are not at least two, descending and in [0, 1], a clamp that is not positive or an unknown prediction type. */
  begin(options: SolverOptions): SolverRun;
};

/** A step from `from` to `to` on the grid. */
export type StepInput = { readonly latents: Float32Array; readonly from: number; readonly to: number };

/**
 * One step as a coroutine: it yields where it wants an estimate, is resumed with it, and returns the latents at `to`.
 */
export type StepRule = (step: StepInput, options: SolverOptions) => Iterator<PredictionRequest, Float32Array, Estimate>;

/** Makes a solver of one rule for a step. */
export function makeSolver(evaluationsPerStep: number, rule: StepRule): Solver {
  return {
    evaluationsPerStep,
    begin(options) {
      checkOptions(options);
      return new Run(options, rule);
    },
  };
}

class Run implements SolverRun {
  readonly numSteps: number;
  stepsDone = 0;
  latents: Float32Array;
  preview: Float32Array | undefined;
  readonly #options: SolverOptions;
  readonly #rule: StepRule;
  #step: Iterator<PredictionRequest, Float32Array, Estimate> | undefined;
  #due: PredictionRequest | undefined;

  constructor(options: SolverOptions, rule: StepRule) {
    this.#options = options;
    this.#rule = rule;
    this.numSteps = options.timesteps.length - 1;
    this.latents = options.noise.slice();
    this.#beginStep();
  }

  next(): PredictionRequest | undefined {
    return this.#due;
  }

  take(prediction: Float32Array): void {
    const due = this.#due;
    if (due === undefined || this.#step === undefined) {
      throw new Error(`SolverRun.take: all ${this.numSteps} steps are done; begin a new run`);
    }
    if (!prediction.every(Number.isFinite)) {
      throw new RangeError(`SolverRun.take: the prediction at t (=${due.t}) holds values that are not finite`);
    }
    const estimate = this.#estimate(prediction, due);
    this.preview = estimate.latents;
    const result = this.#step.next(estimate);
    if (result.done === true) {
      this.latents = result.value;
      this.stepsDone += 1;
      this.#beginStep();
    } else {
      this.#due = result.value;
    }
  }

  #estimate(prediction: Float32Array, { noisyLatents, t }: PredictionRequest): Estimate {
    const { path, predictionType, clamp } = this.#options;
    const estimate = estimateFromPrediction({ predictionType, prediction, noisyLatents, t, path });
    const { alpha, sigma } = path.alphaSigma(t);
    if (clamp === undefined || sigma === 0) return estimate;
    const latents = estimate.latents.map((value) => Math.max(-clamp, Math.min(clamp, value)));
    return { latents, noise: noisyLatents.map((value, i) => (value - alpha * (latents[i] as number)) / sigma) };
  }

  #beginStep(): void {
    this.#step = undefined;
    this.#due = undefined;
    if (this.stepsDone === this.numSteps) return;
    const { timesteps } = this.#options;
    const from = timesteps[this.stepsDone] as number;
    const to = timesteps[this.stepsDone + 1] as number;
    this.#step = this.#rule({ latents: this.latents, from, to }, this.#options);
    this.#due = this.#step.next().value as PredictionRequest;
  }
}

function checkOptions({ noise, timesteps, clamp, predictionType }: SolverOptions): void {
  checkPredictionType("Solver.begin", predictionType);
  if (!(noise instanceof Float32Array) || !noise.every(Number.isFinite)) {
    throw new TypeError("Solver.begin: noise must be a Float32Array of finite values; draw it with a Generator");
  }
  const grid = Array.from(timesteps);
  const isDescending = grid.every((t, i) => i === 0 || t < (grid[i - 1] as number));
  if (grid.length < 2 || !isDescending || !((grid[0] as number) <= 1) || !((grid.at(-1) as number) >= 0)) {
    throw new RangeError(
      `Solver.begin: timesteps (=${grid.slice(0, 4)}${grid.length > 4 ? ", ..." : ""}) must be at least two, descending, in [0, 1]; make them with timestepGrid`,
    );
  }
  if (clamp !== undefined && !(clamp > 0)) throw new RangeError(`Solver.begin: clamp (=${clamp}) must be positive`);
}
