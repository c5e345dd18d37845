/**
 * `npm run bench -- NAME [--device cpu|cuda] [--json] [--OPTION VALUE ...]`: timings against peers, in interleaved runs on
 * this machine, peers on the same device.
 * One process measures one case, so that peaks of memory are its own.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { DeviceName } from "@interfuse/tensor";
import { benchAttention } from "./attention.ts";
import { benchGenerateImage } from "./generate-image.ts";
import { benchImageTokenizer, TOKENIZERS } from "./image-tokenizer.ts";
import { benchLargeImage } from "./large-image.ts";
import { benchLayers } from "./layers.ts";
import { drawLossCurves } from "./loss-curves.ts";
import { benchOverhead } from "./overhead.ts";
import { benchServeEndurance } from "./serve/endurance.ts";
import { benchServe } from "./serve/throughput.ts";
import { benchServeWorkerDeath } from "./serve/worker-death.ts";
import { benchTrainStep } from "./train-step.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    size: { type: "string" },
    images: { type: "string", default: "256" },
    side: { type: "string", default: "4096" },
    compare: { type: "boolean", default: false },
    precision: { type: "string", default: "bf16" },
    device: { type: "string", default: "cpu" },
    documents: { type: "string" },
    length: { type: "string", default: "512" },
    out: { type: "string", default: "losses.svg" },
    rounds: { type: "string", default: "15" },
    model: { type: "string", default: "out/demo/model" },
    clients: { type: "string", default: "16" },
    workers: { type: "string", default: "1" },
    minutes: { type: "string", default: "60" },
    threads: { type: "string", default: String(Math.min(availableParallelism(), 16)) },
  },
});

const { precision } = values;
if (precision !== "f32" && precision !== "bf16") {
  process.stderr.write(`bench: --precision ${precision} must be f32 or bf16\n`);
  process.exit(2);
}
const shared = {
  size: values.size ?? "7M",
  precision,
  device: values.device as DeviceName,
  threads: Number(values.threads),
  rounds: Number(values.rounds),
} as const;
const served = {
  model: values.model,
  clients: Number(values.clients),
  numWorkers: Number(values.workers),
  backend: { device: shared.device, precision, threads: shared.threads },
} as const;
const benches: Record<string, () => Promise<object | object[]>> = {
  attention: () =>
    benchAttention({ ...shared, numDocuments: Number(values.documents ?? 16), length: Number(values.length) }),
  "generate-image": () => benchGenerateImage(shared),
  "image-tokenizer": () =>
    benchImageTokenizer({
      ...shared,
      size: values.size ?? (Object.keys(TOKENIZERS)[0] as string),
      numImages: Number(values.images),
    }),
  "large-image": () =>
    benchLargeImage({
      ...shared,
      size: values.size ?? (Object.keys(TOKENIZERS)[0] as string),
      side: Number(values.side),
      compare: values.compare,
    }),
  layers: () => benchLayers(shared),
  "loss-curves": () => drawLossCurves({ runs: positionals.slice(1), out: values.out, window: 10 }),
  overhead: () => benchOverhead(shared),
  serve: () => benchServe({ ...served, rounds: shared.rounds }),
  "serve-endurance": () => benchServeEndurance({ ...served, minutes: Number(values.minutes) }),
  "serve-worker-death": () => benchServeWorkerDeath(served),
  "train-step": () =>
    benchTrainStep({ ...shared, numDocuments: Number(values.documents ?? (values.device === "cpu" ? 32 : 256)) }),
};

const bench = benches[positionals[0] ?? ""];
if (bench === undefined) {
  process.stderr.write(`bench: name one of ${Object.keys(benches).join(", ")}\n`);
  process.exit(2);
}
const result = await bench();
if (values.json) for (const line of [result].flat()) process.stdout.write(`${JSON.stringify(line)}\n`);
else console.table(result);
