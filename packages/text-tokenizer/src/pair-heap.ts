/**
 * A heap of byte pairs, most frequent first, ties to the smaller key, so that training does not depend on the order in
 * which pairs were seen. Counts change all the time; instead of moving entries, a pair is pushed again with its new
 * count and the caller drops entries whose count is out of date when they surface.
 */
export class PairHeap {
  readonly #counts: number[] = [];
  readonly #keys: number[] = [];

  /** Adds a pair with its count. */
  push(key: number, count: number): void {
    let slot = this.#keys.length;
    this.#keys.push(key);
    this.#counts.push(count);
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!this.#isBefore(slot, parent)) break;
      this.#swap(slot, parent);
      slot = parent;
    }
  }

  /** Takes the most frequent entry, or `undefined` when none is left. */
  pop(): { key: number; count: number } | undefined {
    const key = this.#keys[0];
    const count = this.#counts[0];
    if (key === undefined || count === undefined) return undefined;
    this.#swap(0, this.#keys.length - 1);
    this.#keys.pop();
    this.#counts.pop();
    this.#siftDown();
    return { key, count };
  }

  #siftDown(): void {
    let slot = 0;
    for (;;) {
      let best = slot;
      for (const child of [2 * slot + 1, 2 * slot + 2]) {
        if (child < this.#keys.length && this.#isBefore(child, best)) best = child;
      }
      if (best === slot) return;
      this.#swap(slot, best);
      slot = best;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#counts[a] as number) - (this.#counts[b] as number);
    return difference > 0 || (difference === 0 && (this.#keys[a] as number) < (this.#keys[b] as number));
  }

  #swap(a: number, b: number): void {
    const key = this.#keys[a] as number;
    const count = this.#counts[a] as number;
    this.#keys[a] = this.#keys[b] as number;
    this.#counts[a] = this.#counts[b] as number;
    this.#keys[b] = key;
    this.#counts[b] = count;
  }
}
