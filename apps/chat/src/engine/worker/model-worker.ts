/** The entry of a worker thread: loads one model folder, says so, and answers jobs until it is terminated. */
import { parentPort, workerData } from "node:worker_threads";
import { directorySource } from "@interfuse/data";
import { loadPipeline } from "@interfuse/pipeline";
import { useBackend } from "@interfuse/tensor";
import type { LoadedModel, WorkerMessage, WorkerOptions, WorkerRequest } from "../protocol.ts";
import { ModelLoop, picturesOf } from "./model-loop.ts";

/** libtorch's attention needs no matrix over all pairs of tokens, so that many answers may share a step. */
const TORCH_RUNNING_TOKENS = 8192;

const { folder, backend: backendOptions, maxRunningTokens } = workerData as WorkerOptions;
if (parentPort === null) throw new Error("model-worker: not a worker thread; it is started by WorkerHandle");
const port = parentPort;

function post(message: WorkerMessage): void {
  port.postMessage(message, message.type === "step" ? picturesOf(message) : []);
}

try {
  const { backend, device, precision, threads, library } = await useBackend(backendOptions);
  const pipeline = await loadPipeline(directorySource(folder));
  const suitable = backend === "torch" ? TORCH_RUNNING_TOKENS : undefined;
  const session = pipeline.openSession({ maxRunningTokens: maxRunningTokens ?? suitable });
  const loop = new ModelLoop(session, { post, turn: () => new Promise((resolve) => setImmediate(resolve)) });
  port.on("message", (message: WorkerRequest) => loop.receive(message));
  const { generation, sizeUnit } = pipeline;
  const { contextLength } = pipeline.model.config;
  const model: LoadedModel = {
    generation,
    sizeUnit,
    contextLength,
    backend: `${backend} on ${device}, ${precision}, ${threads} threads (${library})`,
  };
  post({ type: "ready", model });
} catch (error) {
  post({ type: "failed", message: (error as Error).message });
}
