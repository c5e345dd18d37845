/**
 * Training stock TensorFlow.js layers models on this project's backend, on WebAssembly and on tfjs-node where it is built:
 * the same program in turn, medians of rounds after at least five seconds of warm-up. WebAssembly has TensorFlow.js's own
 * matrix products, and the faster ones that `useBackend` puts in their place; a convolution's gradient, which it lacks, is ours.
 */
import { tf, useBackend } from "@interfuse/tensor";
import { LAYERS_TASKS, type LayersTask } from "./layers-models.ts";
import { median } from "./statistics.ts";

const BACKENDS = ["torch", "tensorflow", "wasm"] as const;
const WARM_UP_SECONDS = 5;
/** A round of each backend has about this long. */
const ROUND_SECONDS = 0.5;

type Backend = (typeof BACKENDS)[number] | "wasm, our products";

/** What computes behind a backend, and how to make it the current one. */
interface LoadedBackend {
  readonly library: string;
  enter(): void;
}

/** A task on its backend, and how long its steps took. */
interface Contestant extends LayersTask, LoadedBackend {
  readonly backend: Backend;
  readonly stepsPerRound: number;
  readonly times: number[];
}

/** One line of the result. */
export interface LayersResult {
  readonly bench: "layers";
  readonly model: string;
  readonly backend: Backend;
  readonly library: string;
  readonly msPerStep: number;
  /** How many times as fast `torch` is; 1 for itself. */
  readonly torchIsFasterBy: number;
}

/** Measures every model on every backend that is here; one result for each pair. */
export async function benchLayers({ threads, rounds }: { threads: number; rounds: number }): Promise<LayersResult[]> {
  const backends = await loadBackends(threads);
  const results: LayersResult[] = [];
  for (const [model, make] of Object.entries(LAYERS_TASKS)) {
    const contestants: Contestant[] = [];
    for (const [backend, loaded] of backends) {
      loaded.enter();
      const task = make();
      contestants.push({ ...task, ...loaded, backend, stepsPerRound: await warmUp(task), times: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const contestant of contestants) contestant.times.push(await millisecondsPerStep(contestant));
    }
    const torch = contestants.find(({ backend }) => backend === "torch") as Contestant;
    for (const { backend, library, times } of contestants) {
      const msPerStep = median(times);
      results.push({
        bench: "layers",
        model,
        backend,
        library,
        msPerStep,
        torchIsFasterBy: msPerStep / median(torch.times),
      });
    }
    for (const { enter, model: network, x, y } of contestants) {
      enter();
      network.dispose();
      tf.dispose([x, y]);
    }
  }
  return results;
}

/** The backends; without tfjs-node where it is not built, which stderr tells. */
async function loadBackends(threads: number): Promise<Map<Backend, LoadedBackend>> {
  await import("@tensorflow/tfjs-backend-wasm");
  const ownProduct = tf.getKernel("BatchMatMul", "wasm")!;
  const backends = new Map<Backend, LoadedBackend>();
  for (const backend of BACKENDS) {
    try {
      const { library } = await useBackend({ backend, device: "cpu", precision: "f32", threads });
      backends.set(backend, { library, enter: () => void tf.setBackend(backend) });
    } catch (error) {
      if (backend !== "tensorflow") throw error;
      process.stderr.write(
        `layers: without tfjs-node; "npm run setup:tensorflow" builds it (${(error as Error).message})\n`,
      );
    }
  }
  const wasm = backends.get("wasm")!;
  const wasmWith = (product: tf.KernelConfig): LoadedBackend => ({
    library: wasm.library,
    enter: () => {
      wasm.enter();
      tf.unregisterKernel("BatchMatMul", "wasm");
      tf.registerKernel(product);
    },
  });
  const ourProduct = tf.getKernel("BatchMatMul", "wasm")!;
  return backends.set("wasm", wasmWith(ownProduct)).set("wasm, our products", wasmWith(ourProduct));
}

/** Trains for some seconds. @returns how many steps make a round */
async function warmUp({ model, x, y }: LayersTask): Promise<number> {
  const start = performance.now();
  let steps = 0;
  while (performance.now() - start < WARM_UP_SECONDS * 1000) {
    await model.trainOnBatch(x, y);
    steps++;
  }
  return Math.max(1, Math.round((steps * ROUND_SECONDS) / WARM_UP_SECONDS));
}

/** One round; the loss that each step reads back ends it. */
async function millisecondsPerStep({ enter, model, x, y, stepsPerRound }: Contestant): Promise<number> {
  enter();
  const start = performance.now();
  for (let step = 0; step < stepsPerRound; step++) await model.trainOnBatch(x, y);
  return (performance.now() - start) / stepsPerRound;
}
