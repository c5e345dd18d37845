/**
 * The transformer: a LLaMA-style decoder (arXiv 2302.13971) over one packed row of embeddings. It knows neither tokens
 * nor images; what a token sees is said by key ranges, where it stands by three-axis positions.
 */
// L tokens, D model dim, K head dim
import { type Generator, Module, rotaryTable, tf } from "@interfuse/tensor";
import type { ForwardContext } from "./attention-layer.ts";
import { Block } from "./block.ts";
import { type BackboneConfig, type BackboneConfigInput, resolveBackboneConfig } from "./config.ts";
import { ExpertRouting } from "./expert-routing.ts";
import type { CacheSlots } from "./kv-cache.ts";
import { Modulation, shiftAndScale } from "./modulation.ts";
import { Norm } from "./norm.ts";

/** The input of {@link Backbone.forward}. */
export type BackboneInput = {
  /** `[L, D]`, f32. */
  readonly embeddings_LD: tf.Tensor2D;
  /** `[L, 3]` flattened: sequence, row, column. Fractions are allowed. */
  readonly positions_L3: Float32Array;
  /** `[L, 4]` flattened: token i sees keys `[a0, a1)` and `[b0, b1)`. Rows of this input, or slots when there is a cache. */
  readonly keyRanges: Int32Array;
  /** Writes keys and values to these slots first, and attends over the whole cache. For inference: no gradient passes through it. */
  readonly cache?: CacheSlots;
  /** `[L, conditioningDim]`; needed exactly when the config has `conditioningDim`. Zero rows are unconditioned. */
  readonly conditioning_LD?: tf.Tensor2D;
  /** Expert of each token; needed exactly when the config has more than one expert. */
  readonly expert_L?: Int32Array;
};

/** A LLaMA-style decoder. Weights in PyTorch layout (`[output, input]`), matrices normal with std `1/sqrt(input)`, the two that write to the residual stream smaller by `sqrt(2 * numLayers)`. */
export class Backbone extends Module {
  readonly config: BackboneConfig;
  readonly #layers: readonly Block[];
  readonly #norm: Norm;
  readonly #modulation: Modulation | undefined;

  /** @throws as {@link resolveBackboneConfig}. */
  constructor(input: BackboneConfigInput, generator: Generator) {
    super();
    const config = resolveBackboneConfig(input);
    this.config = config;
    this.#layers = Array.from({ length: config.numLayers }, (_, layer) =>
      this.child(`layers.${layer}`, new Block(config, layer, generator.fork(`layers.${layer}`))),
    );
    this.#norm = this.child("norm", new Norm(config.modelDim, config.normEpsilon));
    if (config.conditioningDim !== undefined) {
      this.#modulation = this.child("modulation", new Modulation(config.conditioningDim, config.modelDim, 2));
    }
  }

  /**
   * Hidden states after the final norm, `[L, D]`, in the order of the input. The caller owns the result; everything else
   * is freed.
   *
   * @throws RangeError when a shape does not fit; TypeError when conditioning, experts and config disagree.
   */
  forward(input: BackboneInput): tf.Tensor2D {
    checkInput(input, this.config);
    const { embeddings_LD, positions_L3, keyRanges, cache, conditioning_LD, expert_L } = input;
    const { headDim, ropeBase, numExperts } = this.config;
    return tf.tidy(() => {
      const routing = new ExpertRouting(embeddings_LD.shape[0], numExperts, expert_L);
      const conditioning = conditioning_LD === undefined ? undefined : routing.toExpertOrder(conditioning_LD);
      const context: ForwardContext = {
        rotary_LK: rotaryTable(positions_L3, { headDim, base: ropeBase }),
        keyRanges,
        routing,
        ...(cache === undefined ? {} : { cache }),
        ...(conditioning === undefined ? {} : { conditioning }),
      };
      let hidden_LD = routing.toExpertOrder(embeddings_LD);
      for (const layer of this.#layers) hidden_LD = layer.forward(hidden_LD, context);
      const [shift, scale] =
        this.#modulation === undefined || conditioning === undefined ? [] : this.#modulation.forward(conditioning);
      return routing.toTokenOrder(shiftAndScale(this.#norm.forward(hidden_LD), shift, scale));
    });
  }
}

function checkInput(input: BackboneInput, config: BackboneConfig): void {
  const { embeddings_LD, positions_L3, keyRanges, cache, conditioning_LD } = input;
  const [numTokens, dim] = embeddings_LD.shape;
  if (embeddings_LD.rank !== 2 || dim !== config.modelDim) {
    throw new RangeError(
      `Backbone.forward: embeddings_LD has shape [${embeddings_LD.shape}]; it must be [L, modelDim (=${config.modelDim})]`,
    );
  }
  checkLength("positions_L3", positions_L3, 3 * numTokens, numTokens);
  checkLength("keyRanges", keyRanges, 4 * numTokens, numTokens);
  if (cache !== undefined) {
    checkLength("cache.slots", cache.slots, numTokens, numTokens);
    checkCache(cache, config);
  }
  if ((conditioning_LD === undefined) !== (config.conditioningDim === undefined)) {
    throw new TypeError(
      `Backbone.forward: conditioning_LD is ${conditioning_LD === undefined ? "missing" : "given"} but conditioningDim is ${config.conditioningDim ?? "not set"}; give both or neither`,
    );
  }
  if (conditioning_LD !== undefined) {
    const expected = `${numTokens},${config.conditioningDim}`;
    if (`${conditioning_LD.shape}` !== expected) {
      throw new RangeError(
        `Backbone.forward: conditioning_LD has shape [${conditioning_LD.shape}]; it must be [${expected}], one row a token`,
      );
    }
  }
}

function checkLength(name: string, array: ArrayLike<number>, expected: number, numTokens: number): void {
  if (array.length !== expected) {
    throw new RangeError(`Backbone.forward: ${name} has ${array.length} entries; ${numTokens} tokens need ${expected}`);
  }
}

function checkCache({ cache }: CacheSlots, config: BackboneConfig): void {
  const expected = `${[cache.capacity, config.numKvHeads, config.headDim]}`;
  const shape = cache.keys[0]?.shape;
  if (cache.keys.length !== config.numLayers || `${shape}` !== expected) {
    throw new RangeError(
      `Backbone.forward: the cache has ${cache.keys.length} layers of shape [${shape}]; this model needs ${config.numLayers} of [${expected}]; make it with new KvCache(model.config, capacity)`,
    );
  }
}
