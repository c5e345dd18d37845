/** Examples in random order without end, decoded ahead of use, resumable exactly. */
import type { Picture } from "@interfuse/image-tokenizer";
import type { Generator } from "@interfuse/tensor";
import type { Example, ExampleSource } from "../example.ts";
import { type CursorState, ExampleCursor, type TaskWeights } from "./example-cursor.ts";

/** Which examples an {@link ExampleLoader} gives, and from where on. */
export type ExampleLoaderOptions = {
  /** Relative frequency of each task or "task: kind"; without it every example comes once an epoch. What is not named is left out. */
  readonly taskWeights?: TaskWeights;
  /** How many examples are decoded ahead; default 32. */
  readonly prefetch?: number;
  /** Where to go on, from `state()`. */
  readonly state?: CursorState;
};

type Ahead<Image> = { readonly example: Promise<Example<Image>>; readonly stateAfter: CursorState };

/** Gives examples for ever, by `next()`; `state()` is where another loader goes on. */
export class ExampleLoader<Image = Picture> {
  readonly #source: ExampleSource<Image>;
  readonly #cursor: ExampleCursor;
  readonly #prefetch: number;
  #ahead: Ahead<Image>[] = [];
  #state: CursorState;

  /**
   * @param generator decides the order; it is forked, never advanced, so pass one made from the run's seed.
   * @throws RangeError when the source is empty or `taskWeights` do not fit it; Error when `state` does not fit.
   */
  constructor(source: ExampleSource<Image>, generator: Generator, options: ExampleLoaderOptions = {}) {
    const { taskWeights, prefetch = 32, state } = options;
    if (!Number.isInteger(prefetch) || prefetch < 1) {
      throw new RangeError(`ExampleLoader: prefetch (=${prefetch}) must be a whole number of at least 1`);
    }
    this.#source = source;
    this.#prefetch = prefetch;
    this.#cursor = new ExampleCursor(source, generator, taskWeights);
    if (state !== undefined) this.#cursor.restore(state);
    this.#state = this.#cursor.state();
  }

  /**
   * The next example.
   *
   * @throws Error naming the file when a picture cannot be read; the loader stays usable and goes on behind it.
   */
  async next(): Promise<Example<Image>> {
    this.#fill();
    const { example, stateAfter } = this.#ahead.shift() as Ahead<Image>;
    this.#state = stateAfter;
    return example;
  }

  /** The place after the last example that `next` gave out; what was only read ahead does not count. */
  state(): CursorState {
    return this.#state;
  }

  /** Goes to a place from `state()`. */
  restore(state: CursorState): void {
    this.#cursor.restore(state);
    this.#ahead = [];
    this.#state = state;
  }

  #fill(): void {
    while (this.#ahead.length < this.#prefetch) {
      const example = this.#source.readExample(this.#cursor.next());
      // A failure is thrown by the `next` that gives this example out, not as an unhandled rejection before.
      example.catch(() => undefined);
      this.#ahead.push({ example, stateAfter: this.#cursor.state() });
    }
  }
}
