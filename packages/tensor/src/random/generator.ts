/**
 * The only source of randomness: numbers that are a pure function of (seed, stream, position), the same on every backend.
 * A stream is a path of names; `fork` goes one name deeper.
 */
import { normalQuantile } from "./normal-quantile.ts";
import { philox4x32 } from "./philox.ts";

/** Everything a generator is; plain JSON. `position` counts the 32-bit numbers drawn so far. */
export type GeneratorState = { readonly seed: number; readonly stream: string; readonly position: number };

/** Numbers of a stream that follow each other: words of the key and of the stream's hash, lowest first, and how many from where. */
export type RandomRun = {
  readonly key: readonly [number, number];
  readonly stream: readonly [number, number];
  readonly position: number;
  readonly count: number;
};

/** A counter-based generator (Philox4x32-10). */
export class Generator {
  readonly seed: number;
  readonly stream: string;
  readonly #key: readonly [number, number];
  readonly #streamHash: readonly [number, number];
  readonly #block = new Uint32Array(4);
  #blockNumber = -1;
  #position = 0;

  /** @throws RangeError unless `seed` is an integer in [0, 2^53). */
  constructor(seed: number, stream = "") {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`Generator: seed (=${seed}) must be an integer in [0, 2^53)`);
    }
    this.seed = seed;
    this.stream = stream;
    this.#key = [seed | 0, Math.floor(seed / 2 ** 32) | 0];
    this.#streamHash = [hashText(stream, 0x811c9dc5), hashText(stream, 0x2f0b4a27)];
  }

  /** An independent generator of a named stream. Pure: the parent's position does not matter and does not change. */
  fork(name: string | number): Generator {
    return new Generator(this.seed, `${this.stream}/${encodeURIComponent(name)}`);
  }

  /** A uniform integer in [0, 2^32). */
  uint32(): number {
    const blockNumber = Math.floor(this.#position / 4);
    if (blockNumber !== this.#blockNumber) {
      this.#fill(this.#block, blockNumber);
      this.#blockNumber = blockNumber;
    }
    return this.#block[this.#position++ % 4]!;
  }

  /** The next `n` 32-bit numbers as what they are computed from; the generator goes on behind them. */
  take(n: number): RandomRun {
    const run = { key: this.#key, stream: this.#streamHash, position: this.#position, count: n };
    this.#position += n;
    return run;
  }

  /** The next `n` uniform integers in [0, 2^32). */
  #uint32Array(n: number): Uint32Array {
    const skip = this.#position % 4;
    const blocks = new Uint32Array(Math.ceil((skip + n) / 4) * 4);
    this.#fill(blocks, (this.#position - skip) / 4);
    this.#position += n;
    return blocks.subarray(skip, skip + n);
  }

  #fill(blocks: Uint32Array, blockNumber: number): void {
    const [hashLow, hashHigh] = this.#streamHash;
    const counter = [blockNumber | 0, Math.floor(blockNumber / 2 ** 32) | 0, hashLow, hashHigh] as const;
    philox4x32(blocks, { counter, key: this.#key });
  }

  /** A uniform number in [0, 1), a multiple of 2^-24, so exact in float32. */
  uniform(): number {
    return toUniform(this.uint32());
  }

  /** A uniform integer in [0, bound), without bias. @throws RangeError unless `bound` is an integer in [1, 2^32]. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`Generator.integer: bound (=${bound}) must be an integer in [1, 2^32]`);
    }
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  /** A number from the standard normal distribution: the quantile of one 32-bit number. */
  normal(): number {
    return toNormal(this.uint32());
  }

  /** `n` uniform numbers in [0, 1): those that `n` calls of `uniform` give. */
  uniformArray(n: number): Float32Array {
    const bits = this.#uint32Array(n);
    const values = new Float32Array(n);
    for (let i = 0; i < n; i++) values[i] = toUniform(bits[i]!);
    return values;
  }

  /** `n` standard normal numbers: those that `n` calls of `normal` give. */
  normalArray(n: number): Float32Array {
    const bits = this.#uint32Array(n);
    const values = new Float32Array(n);
    for (let i = 0; i < n; i++) values[i] = toNormal(bits[i]!);
    return values;
  }

  /** The items in a random order (Fisher–Yates), as a new array. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }

  /** What `fromState` needs to go on with the same numbers. */
  state(): GeneratorState {
    return { seed: this.seed, stream: this.stream, position: this.#position };
  }

  /** The generator that had this state. @throws RangeError for a state that no generator can have. */
  static fromState({ seed, stream, position }: GeneratorState): Generator {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`Generator.fromState: position (=${position}) must be a non-negative integer`);
    }
    const generator = new Generator(seed, stream);
    generator.#position = position;
    return generator;
  }
}

function toUniform(bits: number): number {
  return (bits >>> 8) * 2 ** -24;
}

function toNormal(bits: number): number {
  return normalQuantile((bits + 0.5) * 2 ** -32);
}

/** FNV-1a over UTF-16 code units, finished with MurmurHash3's mixer so that near names land far apart. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
