/**
 * The order in which examples are taken, as a pure function of a random stream and a small JSON state.
 *
 * Without weights there is one stream over all examples, shuffled anew each epoch. With weights each name in them is a stream
 * of its own and a draw decides which gives the next example, so that tasks come in the wanted proportions.
 */
import type { Generator } from "@interfuse/tensor";
import type { ExampleSource } from "../example.ts";

/** A place in the order; JSON. */
export type CursorState = {
  /** Number of examples of the source, to notice when the data have changed. */
  readonly numExamples: number;
  /** The source's, if it has one, for the same reason; states of earlier versions lack it. */
  readonly fingerprint?: string;
  /** Examples taken so far. */
  readonly numTaken: number;
  /** For each stream how many examples were taken from it. */
  readonly takenByStream: Readonly<Record<string, number>>;
};

/** Relative frequency of each task ("ask"), or of a kind within a task ("ask: where"). */
export type TaskWeights = Readonly<Record<string, number>>;

type Stream = {
  readonly name: string;
  readonly weight: number;
  readonly indices: readonly number[];
  numTaken: number;
  order: readonly number[];
};

/** Says which example comes next; see the file's header. */
export class ExampleCursor {
  readonly #generator: Generator;
  readonly #numExamples: number;
  readonly #fingerprint: string | undefined;
  readonly #streams: readonly Stream[];
  #numTaken = 0;

  /** @throws RangeError when the source is empty, or a weight is negative or names what the source has not. */
  constructor(source: ExampleSource<unknown>, generator: Generator, taskWeights?: TaskWeights) {
    if (source.numExamples === 0) throw new RangeError("ExampleLoader: the source has no examples");
    this.#generator = generator;
    this.#numExamples = source.numExamples;
    this.#fingerprint = source.fingerprint?.();
    this.#streams = taskWeights === undefined ? [oneStream(source)] : streamsByTask(source, taskWeights);
  }

  /** The index of the next example. */
  next(): number {
    const stream = this.#chooseStream();
    const { length } = stream.indices;
    const epoch = Math.floor(stream.numTaken / length);
    const position = stream.numTaken % length;
    if (position === 0 || stream.order.length === 0) {
      stream.order = this.#generator
        .fork(`order/${stream.name}`)
        .fork(epoch)
        .shuffle([...stream.indices]);
    }
    stream.numTaken++;
    this.#numTaken++;
    return stream.order[position] as number;
  }

  /** The place reached: a cursor restored to it goes on exactly as this one will. */
  state(): CursorState {
    const takenByStream = Object.fromEntries(this.#streams.map(({ name, numTaken }) => [name, numTaken]));
    const fingerprint = this.#fingerprint;
    return {
      numExamples: this.#numExamples,
      ...(fingerprint !== undefined && { fingerprint }),
      numTaken: this.#numTaken,
      takenByStream,
    };
  }

  /** @throws Error when the state comes from other data or other task weights. */
  restore(state: CursorState): void {
    if (state.numExamples !== this.#numExamples) {
      throw new Error(
        `ExampleLoader: the data have changed: ${state.numExamples} examples when the state was saved, ${this.#numExamples} now; resume with the same data`,
      );
    }
    if (state.fingerprint !== undefined && state.fingerprint !== this.#fingerprint) {
      throw new Error(
        "ExampleLoader: the data have changed: other texts or names of pictures than when the state was saved; resume with the same data",
      );
    }
    const names = this.#streams.map(({ name }) => name).join(", ");
    const savedNames = Object.keys(state.takenByStream).join(", ");
    if (names !== savedNames) {
      throw new Error(
        `ExampleLoader: taskWeights have changed: streams "${savedNames}" when the state was saved, "${names}" now`,
      );
    }
    this.#numTaken = state.numTaken;
    for (const stream of this.#streams) {
      stream.numTaken = state.takenByStream[stream.name] as number;
      stream.order = [];
    }
  }

  #chooseStream(): Stream {
    const [first] = this.#streams;
    if (this.#streams.length === 1) return first as Stream;
    const total = this.#streams.reduce((sum, { weight }) => sum + weight, 0);
    let rest = this.#generator.fork("task").fork(this.#numTaken).uniform() * total;
    for (const stream of this.#streams) {
      rest -= stream.weight;
      if (rest < 0) return stream;
    }
    return this.#streams.at(-1) as Stream;
  }
}

function oneStream(source: ExampleSource<unknown>): Stream {
  const indices = Array.from({ length: source.numExamples }, (_, index) => index);
  return { name: "all", weight: 1, indices, numTaken: 0, order: [] };
}

/** Indices of the examples of each task, and of each kind as "task: kind". */
function groupByName(source: ExampleSource<unknown>): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  const add = (name: string, index: number) => {
    const indices = groups.get(name);
    if (indices === undefined) groups.set(name, [index]);
    else indices.push(index);
  };
  for (let index = 0; index < source.numExamples; index++) {
    const task = source.taskOf(index);
    const kind = source.kindOf?.(index);
    add(task, index);
    if (kind !== undefined) add(`${task}: ${kind}`, index);
  }
  return groups;
}

function streamsByTask(source: ExampleSource<unknown>, taskWeights: TaskWeights): Stream[] {
  const indicesByName = groupByName(source);
  const known = [...indicesByName.keys()].sort();
  const streams: Stream[] = [];
  for (const [name, weight] of Object.entries(taskWeights).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!(weight >= 0)) throw new RangeError(`ExampleLoader: taskWeights.${name} (=${weight}) must be 0 or more`);
    const indices = indicesByName.get(name);
    if (indices === undefined) {
      throw new RangeError(
        `ExampleLoader: taskWeights names "${name}", which the data have not; they have ${known.join(", ")}`,
      );
    }
    if (weight > 0) streams.push({ name, weight, indices, numTaken: 0, order: [] });
  }
  if (streams.length === 0) throw new RangeError("ExampleLoader: taskWeights must have at least one weight above 0");
  return streams;
}
