import { type CursorState, type ExampleLoader, picturesIn } from "@interfuse/data";
import type { Picture } from "@interfuse/image-tokenizer";
import type { BatchStream, JsonValue } from "@interfuse/training";

/** Batches of single pictures, as an image tokenizer is trained on them. */
export class PictureStream implements BatchStream<readonly Picture[]> {
  readonly #loader: ExampleLoader;
  readonly #batchSize: number;

  /** @param loader of `dataset.pictures()`. */
  constructor(loader: ExampleLoader, batchSize: number) {
    this.#loader = loader;
    this.#batchSize = batchSize;
  }

  async next(): Promise<IteratorResult<readonly Picture[]>> {
    const pictures: Picture[] = [];
    while (pictures.length < this.#batchSize) pictures.push(...picturesIn(await this.#loader.next()));
    return { done: false, value: pictures };
  }

  state(): JsonValue {
    return this.#loader.state() satisfies CursorState;
  }
}
