/**
 * One transformer over text and images (Transfusion, arXiv 2408.11039): an embedding table and an image objective make
 * the rows, the backbone runs them, a head reads next-token logits and the objective reads the patches.
 */
// L tokens, D model dim, V vocab, R picked rows
import { Backbone, type CacheSlots, KvCache } from "@interfuse/backbone";
import { crossEntropy, type Generator, initNormal, linear, Module, tf } from "@interfuse/tensor";
import { type ModelConfig, type ModelConfigInput, resolveModelConfig } from "./config.ts";
import type { Document } from "./document.ts";
import { countTargets, type Layout, type TargetCounts } from "./layout/layout.ts";
import { type LayoutOptions, layoutDocuments } from "./layout/layout-documents.ts";
import { DiffusionObjective } from "./objectives/diffusion-objective.ts";
import type { EnteredImages, ImageObjective } from "./objectives/image-objective.ts";
import type { AdapterCarry } from "./objectives/patch-adapter.ts";
import { gatherRows, type PackedRow, patchIndices, rowConditioning, rowEmbeddings } from "./packed-row.ts";

/** Losses of a row as sums; the trainer divides them by counts over everything it accumulates. */
export interface LossSums extends TargetCounts {
  /** Sum of cross-entropies over text targets, in nats. */
  readonly textLossSum: tf.Scalar;
  /** Sum over noised images of each image's mean squared error. */
  readonly imageLossSum: tf.Scalar;
}

/** What one forward pass gives. */
export interface ForwardPass {
  /** Hidden states after the final norm, [L, D], float32. */
  readonly hidden_LD: tf.Tensor2D;
  /** What the objective's `read` needs beside the hidden states. */
  readonly carry: AdapterCarry;
}

/** The model. Everything random about its weights comes from `generator`. */
export class UnifiedModel extends Module {
  readonly config: ModelConfig;
  readonly objective: ImageObjective;
  readonly #backbone: Backbone;
  readonly #embedding_VD: tf.Variable;
  readonly #head_VD: tf.Variable;

  /** @throws as `resolveModelConfig`. */
  constructor(input: ModelConfigInput, generator: Generator) {
    super();
    const config = resolveModelConfig(input);
    this.config = config;
    const { modelDim } = config.backbone;
    const makeTable = (name: string, std: number) =>
      this.parameter(name, initNormal(generator.fork(name), [config.vocabSize, modelDim], std));
    // A table that is also the head must start with small logits. One that is not starts as large as patches enter, so that
    // what a token is does not drown in what the first blocks add to it.
    const headStd = 1 / Math.sqrt(modelDim);
    this.#embedding_VD = makeTable("embedding.weight", config.tieEmbeddings ? headStd : 1);
    this.#head_VD = config.tieEmbeddings ? this.#embedding_VD : makeTable("head.weight", headStd);
    this.#backbone = this.child("backbone", new Backbone(config.backbone, generator.fork("backbone")));
    this.objective = this.child(
      "objective",
      new DiffusionObjective(config.objective, modelDim, generator.fork("objective")),
    );
  }

  /** `layoutDocuments` with this model's frame tokens, patch size, policies and checks. */
  layout(documents: readonly Document[], overrides: Partial<LayoutOptions> = {}): Layout {
    const { frame, contextPolicy, positionKind, noisedCopies, vocabSize } = this.config;
    const { patchSize, latentChannels } = this.objective;
    const defaults = { frame, contextPolicy, positionKind, noisedCopies, vocabSize, patchSize, latentChannels };
    return layoutDocuments(documents, { ...defaults, ...overrides });
  }

  /**
   * Loss sums of a row. Timesteps and noise of an image depend on `generator`, its document's id, its part and its copy
   * only, so packing does not change them. Call within `valueAndGrads` to train.
   */
  lossSums(layout: Layout, generator: Generator): LossSums {
    const imageStarts = layout.images.map((image) => image.start);
    const sums = tf.tidy(() => {
      const prepared = this.objective.prepare(layout.images, generator);
      const { hidden_LD, carry } = this.run({ ...layout, images: prepared.batch, imageStarts });
      const noisedRows = rowsOfNoisedPatches(layout);
      return {
        textLossSum: this.#textLossSum(hidden_LD, layout),
        imageLossSum:
          noisedRows.length === 0
            ? tf.scalar(0)
            : this.objective.score(gatherRows(hidden_LD, noisedRows), carry, prepared),
      };
    });
    return { ...sums, ...countTargets(layout) };
  }

  /** One forward pass. Call within a tidy. */
  run(row: PackedRow, cache?: CacheSlots): ForwardPass {
    const indices = patchIndices(row);
    const entered = row.images.timesteps.length === 0 ? undefined : this.objective.enter(row.images);
    const { conditioningDim, numExperts } = this.config.backbone;
    const hidden_LD = this.#backbone.forward({
      embeddings_LD:
        entered === undefined
          ? gatherRows(this.#embedding_VD as tf.Tensor as tf.Tensor2D, row.tokenIds)
          : rowEmbeddings(row, indices, this.#embedding_VD as tf.Tensor as tf.Tensor2D, entered.tokens_PD),
      positions_L3: row.positions_L3,
      keyRanges: row.keyRanges,
      cache,
      conditioning_LD: this.#conditioning(indices, entered, conditioningDim),
      expert_L: numExperts === 1 ? undefined : indices.map((patch) => (patch < 0 ? 0 : 1)),
    });
    return { hidden_LD, carry: entered?.carry ?? [] };
  }

  /** Next-token logits of picked hidden rows: [R, D] -> [R, V], float32. */
  logits(hidden_RD: tf.Tensor2D): tf.Tensor2D {
    return linear(hidden_RD, this.#head_VD, { float32Output: true }) as tf.Tensor2D;
  }

  /** An empty key/value cache for this model with room for `capacity` tokens; the caller disposes it. */
  createCache(capacity: number): KvCache {
    return new KvCache(this.config.backbone, capacity);
  }

  #textLossSum(hidden_LD: tf.Tensor2D, { textTargetRows, textTargetIds }: Layout): tf.Scalar {
    if (textTargetRows.length === 0) return tf.scalar(0);
    const logits_RV = this.logits(gatherRows(hidden_LD, textTargetRows));
    return crossEntropy(logits_RV, tf.tensor1d(textTargetIds, "int32")).sum();
  }

  #conditioning(indices: Int32Array, entered: EnteredImages | undefined, dim: number | undefined) {
    return dim === undefined ? undefined : rowConditioning(indices, entered?.conditioning_PD, dim);
  }
}

function rowsOfNoisedPatches(layout: Layout): Int32Array {
  const rows: number[] = [];
  for (const image of layout.images) {
    for (let patch = 0; image.role === "noised" && patch < image.numTokens; patch++) {
      rows.push(image.start + patch);
    }
  }
  return Int32Array.from(rows);
}
