/**
 * Attention over packed documents: what it costs beside the sum of its documents, beside one document of all tokens, with two
 * key ranges, and beside PyTorch's scaled_dot_product_attention (the documents on a batch axis; one dense mask) and
 * FlexAttention. Medians of interleaved runs after warm-up.
 */
import { type DeviceName, Generator, linear, type Precision, tf, useBackend } from "@interfuse/tensor";
import { Peer } from "./peer.ts";
import { median, waitForDevice } from "./statistics.ts";

const WARM_UP_SECONDS = 5;
const NUM_HEADS = 8;
const HEAD_DIM = 64;

/** What to measure: `numDocuments` documents of `length` tokens, each causal within itself. */
export interface AttentionOptions {
  readonly precision: Precision;
  readonly device: DeviceName;
  readonly threads: number;
  readonly numDocuments: number;
  readonly length: number;
  readonly rounds: number;
}

/** One measured call, forward only and with its backward pass. */
interface Runner {
  readonly forward: () => void;
  readonly both: () => void;
  /** Keys that all queries see together. */
  readonly visible: number;
}

/** Measures one precision. */
export async function benchAttention({ precision, device, threads, numDocuments, length, rounds }: AttentionOptions) {
  await useBackend({ backend: "torch", device, precision, threads });
  const tokens = numDocuments * length;
  const own = {
    packed: runner(documentRanges(numDocuments, length)),
    single: runner(documentRanges(1, length)),
    whole: runner(documentRanges(1, tokens)),
    twoRanges: runner(twoRanges(numDocuments, length)),
  };
  const peer = new Peer("attention", {
    numDocuments,
    length,
    numHeads: NUM_HEADS,
    headDim: HEAD_DIM,
    precision,
    device,
    threads,
  });
  const askPeer = async (form: string, backward: boolean, warmUpSeconds = 0) => {
    const question = { form, backward, warmUpSeconds };
    return (await peer.ask<{ milliseconds: number | null }>(question)).milliseconds;
  };
  try {
    await askPeer("batch", true, WARM_UP_SECONDS);
    for (const form of ["mask", "flex"]) await askPeer(form, false, 1);
    for (const start = performance.now(); performance.now() - start < WARM_UP_SECONDS * 1000; ) own.packed.both();
    const times = new Map<string, number[]>();
    const record = (name: string, value: number | null) => {
      if (value !== null) times.set(name, [...(times.get(name) ?? []), value]);
    };
    for (let round = 0; round < rounds; round++) {
      for (const pass of ["forward", "both"] as const) {
        for (const [name, run] of Object.entries(own)) record(`${name} ${pass}`, milliseconds(run[pass]));
        for (const form of ["batch", "mask", "flex"]) record(`${form} ${pass}`, await askPeer(form, pass === "both"));
      }
    }
    const { version } = await peer.ask<{ version: string }>({ version: true });
    const figures = (pass: "forward" | "both") => {
      const of = (name: string) => median(times.get(`${name} ${pass}`) ?? []);
      const perKey = (name: "packed" | "twoRanges") => of(name) / own[name].visible;
      return {
        ms: of("packed"),
        overSumOfDocuments: of("packed") / (numDocuments * of("single")),
        wholeSequenceMs: of("whole"),
        twoRangesMs: of("twoRanges"),
        twoRangesPerVisibleKey: perKey("twoRanges") / perKey("packed"),
        batchMs: of("batch"),
        batchRatio: of("batch") / of("packed"),
        maskMs: of("mask"),
        flexMs: of("flex"),
      };
    };
    const named = (pass: "forward" | "both") =>
      Object.entries(figures(pass)).map(([name, value]) => [`${pass}.${name}`, Number.isNaN(value) ? null : value]);
    return {
      bench: "attention",
      precision,
      documents: numDocuments,
      length,
      peer: `PyTorch ${version}`,
      ...Object.fromEntries([...named("forward"), ...named("both")]),
    };
  } finally {
    peer.close();
  }
}

function milliseconds(f: () => void): number {
  const start = performance.now();
  f();
  waitForDevice();
  return performance.now() - start;
}

/** Operands for these ranges, in the storage that a model's projections have, and calls of the kernels over them. */
function runner(keyRanges: Int32Array): Runner {
  const tokens = keyRanges.length / 4;
  const generator = new Generator(1, "attention");
  const width = NUM_HEADS * HEAD_DIM;
  const operand = () =>
    tf.tidy(() => {
      const x = tf.tensor(generator.normalArray(tokens * 8), [tokens, 8]);
      return linear(x, tf.tensor(generator.normalArray(width * 8), [width, 8])).reshape([tokens, NUM_HEADS, HEAD_DIM]);
    });
  const [query, key, value, dy] = [operand(), operand(), operand(), operand()];
  const attrs = { keyRanges, scale: HEAD_DIM ** -0.5 };
  const run = (name: string, inputs: Record<string, tf.Tensor>) =>
    tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor[];
  const forward = () => run("Attention", { query, key, value });
  let visible = 0;
  for (let i = 0; i < keyRanges.length; i += 2) visible += keyRanges[i + 1]! - keyRanges[i]!;
  return {
    visible,
    forward: () => tf.dispose(forward()),
    both: () => {
      const [output, logSumExp] = forward() as [tf.Tensor, tf.Tensor];
      tf.dispose([output, logSumExp, run("AttentionGrad", { dy, query, key, value, output, logSumExp })]);
    },
  };
}

/** Each token sees its document up to itself. */
function documentRanges(numDocuments: number, length: number): Int32Array {
  const ranges = new Int32Array(4 * numDocuments * length);
  for (let token = 0; token < numDocuments * length; token++) {
    ranges[4 * token] = token - (token % length);
    ranges[4 * token + 1] = token + 1;
  }
  return ranges;
}

/** Each token sees the first quarter of its document, as far as it is before it, and the quarter that ends with itself. */
function twoRanges(numDocuments: number, length: number): Int32Array {
  const ranges = new Int32Array(4 * numDocuments * length);
  const quarter = Math.floor(length / 4);
  for (let token = 0; token < numDocuments * length; token++) {
    const start = token - (token % length);
    const begin = Math.max(start, token + 1 - quarter);
    ranges.set([start, Math.min(begin, start + quarter), begin, token + 1], 4 * token);
  }
  return ranges;
}
