/**
 * A list that grows and ends, read from its beginning by any number of loops at any time. A client that joins late sees
 * what the first one saw.
 */
export class Replay<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = [];
  #isEnded = false;
  #waiting: (() => void)[] = [];

  /** Appends an item; nothing happens after the end. */
  push(item: Item): void {
    if (this.#isEnded) return;
    this.#items.push(item);
    this.#wake();
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let index = 0; ; index++) {
      while (index === this.#items.length) {
        if (this.#isEnded) return;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      yield this.#items[index] as Item;
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
