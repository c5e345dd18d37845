// S buffer length, G key/value heads, K head dim
import { tf } from "@interfuse/tensor";
import type { BackboneConfig } from "./config.ts";

/**
 * Keys (already rotated) and values of every layer, one buffer `[S, G, K]` each, f32. A slot is a row of the buffer; who
 * owns which slots is the caller's business. Forward passes write into it in place; it takes part in no gradient.
 */
export class KvCache {
  /** S, the number of slots. */
  readonly capacity: number;
  /** One buffer `[S, G, K]` a layer. */
  readonly keys: readonly tf.Variable[];
  /** One buffer `[S, G, K]` a layer. */
  readonly values: readonly tf.Variable[];

  /** @throws RangeError when `capacity` is not a positive integer. */
  constructor(config: BackboneConfig, capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`KvCache: capacity (=${capacity}) must be a positive integer, the number of slots`);
    }
    const { numLayers, numKvHeads, headDim } = config;
    const makeBuffers = () =>
      Array.from({ length: numLayers }, () =>
        tf.tidy(() => tf.variable(tf.zeros([capacity, numKvHeads, headDim]), false)),
      );
    this.capacity = capacity;
    this.keys = makeBuffers();
    this.values = makeBuffers();
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const buffer of [...this.keys, ...this.values]) buffer.dispose();
  }
}

/** The cache a forward pass writes to, and the slot that each of its tokens gets. */
export type CacheSlots = {
  readonly cache: KvCache;
  /** Length L, distinct, each in [0, capacity). Written before attention reads; `keyRanges` then index slots. */
  readonly slots: Int32Array;
};
