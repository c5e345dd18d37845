/**
 * The training task of image tokenizers: one run of the autoencoder a batch, and the sum of all terms' losses on it.
 *
 * Terms come in two groups. Those of `fidelity` compare pictures; those of `shaping` may weigh themselves against them.
 */
import { type AutoencoderPass, picturesToTensor, type TrainableAutoencoder } from "@interfuse/image-tokenizer";
import { type Generator, Module, tf } from "@interfuse/tensor";
import type { TrainingTask } from "@interfuse/training";
import type { LossTerm, TrainingPass, WeighedPass } from "./objectives/loss-term.ts";
import { countLatents, type PictureBatch } from "./picture-batch.ts";
import type { TrainedAutoencoder } from "./trained-autoencoder.ts";

/** What an autoencoder is trained on beside its own losses. */
export type AutoencoderTerms = {
  readonly fidelity: readonly LossTerm[];
  readonly shaping: readonly LossTerm<WeighedPass>[];
  /** Encodes and decodes a batch. */
  readonly run: (autoencoder: TrainableAutoencoder, pixels_BHWC: tf.Tensor4D, generator: Generator) => AutoencoderPass;
};

/** The task; its module is the autoencoder's, with the terms' own where they have some. */
export function autoencoderTask(
  autoencoder: TrainedAutoencoder,
  { fidelity, shaping, run }: AutoencoderTerms,
): TrainingTask<PictureBatch> {
  const weights = (terms: readonly LossTerm<never>[]) =>
    Object.fromEntries(terms.map((term) => [term.name, term.weight]));
  const terms = [...fidelity, ...shaping];
  return {
    module: withModules(autoencoder.module, terms),
    lossWeights: { ...weights(fidelity), ...autoencoder.lossWeights, ...weights(shaping) },
    counts: (batch) => ({
      ...autoencoder.counts(batch),
      ...Object.fromEntries(terms.map((term) => [term.name, term.count(batch)])),
    }),
    lossSums: (batch, generator, step) => {
      const pixels_BHWC = picturesToTensor(batch.pictures);
      const own = autoencoder.begin(generator);
      const pass: TrainingPass = {
        ...run(own.autoencoder, pixels_BHWC, generator.fork("run")),
        batch,
        pixels_BHWC,
        autoencoder: autoencoder.beside(generator.fork("beside")),
        step,
        generator,
      };
      const fidelitySums = fidelity.map((term) => [term, term.lossSum(pass)] as const);
      const sums = { ...own.lossSums(), ...Object.fromEntries(fidelitySums.map(([term, sum]) => [term.name, sum])) };
      if (shaping.length === 0) return sums;
      const weighed = { ...pass, fidelity: weightedMean(fidelitySums, batch) };
      return { ...sums, ...Object.fromEntries(shaping.map((term) => [term.name, term.lossSum(weighed)])) };
    },
    afterUpdate: autoencoder.afterUpdate?.bind(autoencoder),
    numTokens: (batch) => countLatents(batch, autoencoder.downsampling),
  };
}

function weightedMean(sums: readonly (readonly [LossTerm, tf.Scalar])[], batch: PictureBatch): tf.Scalar {
  return tf.addN(sums.map(([term, sum]) => sum.mul<tf.Scalar>(term.weight / term.count(batch)))) as tf.Scalar;
}

/** The autoencoder, or with it what terms train beside it. */
function withModules(autoencoder: Module, terms: readonly LossTerm<never>[]): Module {
  const modules = terms.flatMap(({ name, module }) => (module === undefined ? [] : [[name, module] as const]));
  return modules.length === 0 ? autoencoder : new ModulesTogether(autoencoder, modules);
}

/** A module under its own names, with others under theirs. */
class ModulesTogether extends Module {
  readonly #first: Module;

  constructor(first: Module, others: readonly (readonly [string, Module])[]) {
    super();
    this.#first = first;
    for (const [name, module] of others) this.child(name, module);
  }

  override parameters(): Map<string, tf.Variable> {
    return new Map([...this.#first.parameters(), ...super.parameters()]);
  }

  override buffers(): Map<string, tf.Variable> {
    return new Map([...this.#first.buffers(), ...super.buffers()]);
  }
}
