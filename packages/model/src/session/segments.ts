/** Hands out contiguous segments of a buffer's slots, first fit; freed neighbours merge. */
export class SegmentAllocator {
  /** Free runs [start, end), ascending, never touching. */
  #free: { start: number; end: number }[] = [];
  #capacity = 0;

  /** Number of slots managed. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Adds slots at the end, up to `capacity` in all. */
  grow(capacity: number): void {
    const added = { start: this.#capacity, length: capacity - this.#capacity };
    this.#capacity = capacity;
    this.free(added.start, added.length);
  }

  /** The start of a free run of `length` slots, now taken; undefined when there is none. */
  allocate(length: number): number | undefined {
    const index = this.#free.findIndex((run) => run.end - run.start >= length);
    const run = this.#free[index];
    if (run === undefined) {
      return undefined;
    }
    const { start } = run;
    run.start += length;
    if (run.start === run.end) {
      this.#free.splice(index, 1);
    }
    return start;
  }

  /** Gives a segment back. */
  free(start: number, length: number): void {
    const runs = [...this.#free, { start, end: start + length }].sort((a, b) => a.start - b.start);
    this.#free = [];
    for (const run of runs) {
      const last = this.#free.at(-1);
      if (last !== undefined && last.end === run.start) {
        last.end = run.end;
      } else {
        this.#free.push(run);
      }
    }
  }
}
