/**
 * Muon (Jordan et al. 2024) for hidden layers, AdamW for everything else: embeddings, heads, norms.
 * Muon's steps keep their size whatever the gradient's, so only AdamW's part of the gradients is clipped.
 */
import { muonUpdate, tf } from "@interfuse/tensor";
import { AdamW, type AdamWConfig } from "./adamw.ts";
import type { Optimizer, UpdateOptions } from "./optimizer.ts";
import { zerosLike } from "./zeros-like.ts";

/** Muon's settings, beside AdamW's for the rest. */
export type MuonConfig = {
  /** Muon's learning rate as a multiple of AdamW's: the largest singular value of a step is about their product. */
  readonly learningRateFactor: number;
  /** Decay of the moving average of gradients. */
  readonly momentum: number;
};

/** Which parameters are whose, and how they are updated. */
export type MuonOptions = {
  readonly muon: MuonConfig;
  readonly adamw: AdamWConfig;
  /** Names of the weights that Muon updates, matrices and convolution kernels; all others are AdamW's. */
  readonly hidden: ReadonlySet<string>;
};

/** See the file's header. Weight decay is AdamW's, for both: a step takes away `learningRate * weightDecay`. */
export class MuonWithAdamW implements Optimizer {
  readonly #adamw: AdamW;
  readonly #config: MuonConfig;
  readonly #weightDecay: number;
  readonly #hidden: ReadonlyMap<string, tf.Variable>;
  readonly #momenta: Map<string, tf.Variable>;

  /** @throws RangeError when a setting is out of its range, or a name is no parameter. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, { muon, adamw, hidden }: MuonOptions) {
    validate(muon);
    for (const name of hidden) {
      if (!parameters.has(name)) throw new RangeError(`MuonWithAdamW: hidden names "${name}", which is no parameter`);
    }
    this.#config = muon;
    this.#weightDecay = adamw.weightDecay;
    this.#hidden = new Map([...parameters].filter(([name]) => hidden.has(name)));
    this.#momenta = zerosLike(this.#hidden);
    this.#adamw = new AdamW(new Map([...parameters].filter(([name]) => !hidden.has(name))), adamw);
  }

  update(gradients: ReadonlyMap<string, tf.Tensor>, options: UpdateOptions): tf.Scalar {
    const { learningRateFactor, momentum } = this.#config;
    const { gradNorm: hiddenNorm } = muonUpdate(
      { parameters: this.#hidden, gradients, momenta: this.#momenta },
      {
        learningRate: options.learningRate * learningRateFactor,
        momentum,
        decay: options.learningRate * this.#weightDecay,
      },
    );
    const restNorm = this.#adamw.update(gradients, options);
    const gradNorm = tf.tidy(() => hiddenNorm.square().add<tf.Scalar>(restNorm.square()).sqrt<tf.Scalar>());
    tf.dispose([hiddenNorm, restNorm]);
    return gradNorm;
  }

  /** AdamW's state, and momenta as `momentum.NAME`. */
  state(): ReadonlyMap<string, tf.Variable> {
    return new Map([
      ...this.#adamw.state(),
      ...[...this.#momenta].map(([name, momentum]) => [`momentum.${name}`, momentum] as const),
    ]);
  }

  dispose(): void {
    this.#adamw.dispose();
    for (const momentum of this.#momenta.values()) momentum.dispose();
  }
}

function validate({ learningRateFactor, momentum }: MuonConfig): void {
  if (!(learningRateFactor > 0 && Number.isFinite(learningRateFactor))) {
    throw new RangeError(`MuonWithAdamW: learningRateFactor (=${learningRateFactor}) must be a positive number`);
  }
  if (!(momentum >= 0 && momentum < 1)) {
    throw new RangeError(`MuonWithAdamW: momentum (=${momentum}) must be at least 0 and below 1`);
  }
}
