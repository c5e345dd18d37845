/** Grouped-query attention (arXiv 2305.13245) over key ranges, with rotary positions. */
// L tokens, D model dim, N query heads, G key/value heads, K head dim, S buffer length
import { attention, type Generator, Module, normedRotary, rotaryEmbedding, tf, writeRows } from "@interfuse/tensor";
import type { BackboneConfig } from "./config.ts";
import type { ExpertRouting } from "./expert-routing.ts";
import type { CacheSlots } from "./kv-cache.ts";
import { Norm } from "./norm.ts";
import { Projection } from "./projection.ts";

/** What every layer of one forward pass shares. */
export type ForwardContext = {
  /** Cosines and sines `[L, K]`, in token order. */
  readonly rotary_LK: tf.Tensor2D;
  /** Keys that each token sees, `[L, 4]` flattened. */
  readonly keyRanges: Int32Array;
  readonly routing: ExpertRouting;
  readonly cache?: CacheSlots;
  /** `[L, conditioningDim]`, in expert order. */
  readonly conditioning?: tf.Tensor2D;
};

/** One layer's attention: fused projection, optional QK-norm, rotation, attention, output projection. */
export class AttentionLayer extends Module {
  readonly #config: BackboneConfig;
  readonly #layer: number;
  readonly #queryKeyValue: Projection;
  readonly #output: Projection;
  readonly #queryNorm: Norm | undefined;
  readonly #keyNorm: Norm | undefined;

  constructor(config: BackboneConfig, layer: number, generator: Generator) {
    super();
    const { modelDim, numLayers, numHeads, numKvHeads, headDim, numExperts, normEpsilon } = config;
    this.#config = config;
    this.#layer = layer;
    this.#queryKeyValue = this.child(
      "query_key_value",
      new Projection(
        { inputDim: modelDim, outputDim: (numHeads + 2 * numKvHeads) * headDim, numExperts, gain: 1 },
        generator.fork("query_key_value"),
      ),
    );
    this.#output = this.child(
      "output",
      new Projection(
        {
          inputDim: numHeads * headDim,
          outputDim: modelDim,
          numExperts,
          gain: 1 / Math.sqrt(2 * numLayers),
          float32Output: true,
        },
        generator.fork("output"),
      ),
    );
    if (config.useQkNorm) {
      this.#queryNorm = this.child("query_norm", new Norm(headDim, normEpsilon));
      this.#keyNorm = this.child("key_norm", new Norm(headDim, normEpsilon));
    }
  }

  /** Maps normed hidden states `[L, D]` to `[L, D]` f32, added to the residual stream if that is given; all in expert order. */
  forward(x_LD: tf.Tensor2D, context: ForwardContext, residual_LD?: tf.Tensor2D): tf.Tensor2D {
    const { numHeads, numKvHeads, headDim } = this.#config;
    const { rotary_LK, routing, cache } = context;
    const numTokens = x_LD.shape[0];
    const projected = routing.toTokenOrder(this.#queryKeyValue.forward(x_LD, routing));
    const heads_LHK = projected.reshape<tf.Tensor3D>([numTokens, numHeads + 2 * numKvHeads, headDim]);
    const [query_LNK, key_LGK, value_LGK] = this.#rotatedHeads(heads_LHK, rotary_LK);
    const { key_SGK, value_SGK } = this.#remember(key_LGK, value_LGK, cache);
    const output_LNK = attention({
      query: query_LNK,
      key: key_SGK,
      value: value_SGK,
      keyRanges: context.keyRanges,
    });
    const output = routing.toExpertOrder(output_LNK.reshape([numTokens, numHeads * headDim]) as tf.Tensor2D);
    return this.#output.forward(output, routing, residual_LD);
  }

  /**
   * Query, key and value heads, the first two normalised and turned: before they are split, so that the projection need not
   * be kept beside its parts.
   */
  #rotatedHeads(heads_LHK: tf.Tensor3D, rotary_LK: tf.Tensor2D): [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] {
    const { numHeads, numKvHeads, normEpsilon } = this.#config;
    const queryWeight = this.#queryNorm?.weight;
    const keyWeight = this.#keyNorm?.weight;
    const rotated =
      queryWeight === undefined || keyWeight === undefined
        ? rotaryEmbedding(heads_LHK, rotary_LK, { numHeads: numHeads + numKvHeads })
        : normedRotary(heads_LHK, rotary_LK, { numHeads, numKvHeads, queryWeight, keyWeight, epsilon: normEpsilon });
    return tf.split(rotated, [numHeads, numKvHeads, numKvHeads], 1) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  }

  /** Without a cache the new keys and values are all there is; with one they are written to their slots first. */
  #remember(key_LGK: tf.Tensor3D, value_LGK: tf.Tensor3D, target: CacheSlots | undefined) {
    if (target === undefined) return { key_SGK: key_LGK, value_SGK: value_LGK };
    const { cache, slots } = target;
    const keys = cache.keys[this.#layer] as tf.Variable;
    const values = cache.values[this.#layer] as tf.Variable;
    writeRows(keys, key_LGK, slots);
    writeRows(values, value_LGK, slots);
    return { key_SGK: keys as tf.Tensor as tf.Tensor3D, value_SGK: values as tf.Tensor as tf.Tensor3D };
  }
}
