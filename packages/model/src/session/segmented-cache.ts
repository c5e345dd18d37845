import type { KvCache } from "@interfuse/backbone";
import { writeRows } from "@interfuse/tensor";
import type { UnifiedModel } from "../unified-model.ts";
import type { Segment } from "./branch.ts";
import { SegmentAllocator } from "./segments.ts";

/** A key/value cache that hands out contiguous segments and grows when none is large enough. */
export class SegmentedCache {
  readonly #model: UnifiedModel;
  readonly #segments = new SegmentAllocator();
  #cache: KvCache | undefined;

  constructor(model: UnifiedModel) {
    this.#model = model;
  }

  /** The present buffers; they change when the cache grows. Defined once a segment has been allocated. */
  get buffers(): KvCache {
    return this.#cache!;
  }

  allocate(length: number): Segment {
    let start = this.#segments.allocate(length);
    if (start === undefined) {
      this.#grow(this.#segments.capacity + Math.max(length, this.#segments.capacity));
      start = this.#segments.allocate(length)!;
    }
    return { start, length };
  }

  free({ start, length }: Segment): void {
    this.#segments.free(start, length);
  }

  dispose(): void {
    this.#cache?.dispose();
    this.#cache = undefined;
  }

  /** Moves what is cached into larger buffers, to the same slots. */
  #grow(capacity: number): void {
    const larger = this.#model.createCache(capacity);
    const old = this.#cache;
    if (old !== undefined) {
      const slots = Int32Array.from({ length: old.capacity }, (_, slot) => slot);
      for (const kind of ["keys", "values"] as const) {
        for (const [layer, buffer] of old[kind].entries()) {
          writeRows(larger[kind][layer]!, buffer, slots);
        }
      }
      old.dispose();
    }
    this.#cache = larger;
    this.#segments.grow(capacity);
  }
}
