/**
 * What a call costs beside its arithmetic: `tf.add` of two 4x4 tensors, its result freed, in a loop. Every backend that is
 * here in turn, medians of many short rounds, most of which nothing else on the machine cuts into.
 */
import { tf, useBackend } from "@interfuse/tensor";
import { median } from "./statistics.ts";

const CALLS = 1_000;
const ROUNDS_PER_OPTION = 20;
const WARM_UP_ROUNDS = 20;

/** Microseconds a call on `torch`, and on the others for comparison (null where one is not here). */
export async function benchOverhead({ rounds }: { rounds: number }) {
  const times = { torch: [] as number[], tensorflow: [] as number[], wasm: [] as number[], cpu: [] as number[] };
  const present: (keyof typeof times)[] = [];
  for (const backend of Object.keys(times) as (keyof typeof times)[]) {
    try {
      await useBackend({ backend, device: "cpu", precision: "f32" });
      present.push(backend);
    } catch (error) {
      if (backend !== "tensorflow") throw error;
    }
  }
  for (let round = -WARM_UP_ROUNDS; round < rounds * ROUNDS_PER_OPTION; round++) {
    for (const backend of present) {
      const microseconds = microsecondsPerCall(backend);
      if (round >= 0) times[backend].push(microseconds);
    }
  }
  const middle = (values: readonly number[]) => (values.length === 0 ? null : median(values));
  return {
    bench: "overhead",
    backend: "torch",
    usPerCall: middle(times.torch),
    /** The fastest round: what nothing else on the machine cut into. */
    bestUsPerCall: Math.min(...times.torch),
    tensorflowUsPerCall: middle(times.tensorflow),
    wasmUsPerCall: middle(times.wasm),
    cpuUsPerCall: middle(times.cpu),
  };
}

function microsecondsPerCall(backend: string): number {
  tf.setBackend(backend);
  const [a, b] = [tf.ones([4, 4]), tf.ones([4, 4])];
  const start = performance.now();
  for (let call = 0; call < CALLS; call++) tf.add(a, b).dispose();
  const microseconds = ((performance.now() - start) * 1000) / CALLS;
  tf.dispose([a, b]);
  return microseconds;
}
