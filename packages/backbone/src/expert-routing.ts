/**
 * Mixture of transformers (arXiv 2411.04996): each token uses the projection weights of its own modality, attention is
 * shared. The residual stream is kept in expert order for the whole forward pass, so that every projection reads one
 * contiguous slice an expert; only queries, keys and values go back to token order, where key ranges mean something.
 *
 * Departure from the paper: norms are shared between experts.
 */
// L tokens
import { embedding, tf } from "@interfuse/tensor";

/** Where the rows of each expert lie, or nothing to do when there is one expert. */
export class ExpertRouting {
  /** Rows of each expert, in expert order. Their sum is L. */
  readonly numRows: readonly number[];
  readonly #order_L: tf.Tensor1D | undefined;
  readonly #inverse_L: tf.Tensor1D | undefined;

  /**
   * @param numTokens L.
   * @param numExperts Sets of weights.
   * @param expert_L The expert of each token, in [0, numExperts); needed exactly when there is more than one expert.
   * @throws TypeError when `expert_L` is missing or not wanted; RangeError for a wrong length or an unknown expert.
   */
  constructor(numTokens: number, numExperts: number, expert_L?: Int32Array) {
    if (numExperts === 1) {
      if (expert_L !== undefined) {
        throw new TypeError("Backbone.forward: expert_L is given but numExperts is 1; leave it out, or set numExperts");
      }
      this.numRows = [numTokens];
      return;
    }
    if (expert_L === undefined) {
      throw new TypeError(
        `Backbone.forward: expert_L is missing; numExperts (=${numExperts}) needs one expert a token`,
      );
    }
    if (expert_L.length !== numTokens) {
      throw new RangeError(
        `Backbone.forward: expert_L has ${expert_L.length} entries; embeddings_LD has ${numTokens} rows`,
      );
    }
    const rows: number[][] = Array.from({ length: numExperts }, () => []);
    expert_L.forEach((expert, token) => {
      const own = rows[expert];
      if (own === undefined) {
        throw new RangeError(`Backbone.forward: expert_L[${token}] (=${expert}) must be in [0, ${numExperts})`);
      }
      own.push(token);
    });
    const order = Int32Array.from(rows.flat());
    const inverse = new Int32Array(numTokens);
    order.forEach((token, row) => {
      inverse[token] = row;
    });
    this.numRows = rows.map((own) => own.length);
    this.#order_L = tf.tensor1d(order, "int32");
    this.#inverse_L = tf.tensor1d(inverse, "int32");
  }

  /** Rows `[L, *]` from token order to expert order. */
  toExpertOrder(x: tf.Tensor2D): tf.Tensor2D {
    return this.#order_L === undefined ? x : (embedding(x, this.#order_L) as tf.Tensor2D);
  }

  /** Rows `[L, *]` from expert order to token order. */
  toTokenOrder(x: tf.Tensor2D): tf.Tensor2D {
    return this.#inverse_L === undefined ? x : (embedding(x, this.#inverse_L) as tf.Tensor2D);
  }
}
