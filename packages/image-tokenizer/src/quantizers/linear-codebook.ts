// K codes, C channels
import { type Generator, initNormal, Module, tf } from "@interfuse/tensor";
import type { Codebook } from "./codebook.ts";
import { normalizeLastAxis } from "./normalize.ts";

/**
 * SimVQ's codebook (arXiv 2411.02038): frozen normal codes (buffer `frozen_codes [K, C]`, standard deviation C^-1/2) under
 * a trained linear map (parameter `weight [C, C]`). Every code moves with every step, so none dies.
 */
export class LinearCodebook extends Module implements Codebook {
  readonly numCodes: number;
  readonly dim: number;
  readonly #frozenCodes_KC: tf.Variable<tf.Rank.R2>;
  readonly #weight_CC: tf.Variable<tf.Rank.R2>;
  readonly #isSpherical: boolean;

  constructor(
    { numCodes, dim, isSpherical }: { numCodes: number; dim: number; isSpherical: boolean },
    generator: Generator,
  ) {
    super();
    this.numCodes = numCodes;
    this.dim = dim;
    this.#isSpherical = isSpherical;
    const std = dim ** -0.5;
    const frozen = initNormal(generator.fork("frozen_codes"), [numCodes, dim], std);
    this.#frozenCodes_KC = this.buffer("frozen_codes", frozen) as tf.Variable<tf.Rank.R2>;
    const weight = initNormal(generator.fork("weight"), [dim, dim], std);
    this.#weight_CC = this.parameter("weight", weight) as tf.Variable<tf.Rank.R2>;
  }

  codes(): tf.Tensor2D {
    return tf.tidy(() => {
      const codes = tf.matMul<tf.Tensor2D>(this.#frozenCodes_KC, this.#weight_CC, false, true);
      return this.#isSpherical ? normalizeLastAxis(codes) : codes;
    });
  }

  startFrom(): void {}

  collect(): void {}

  update(): void {}
}
