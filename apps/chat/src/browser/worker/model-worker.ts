/** The entry of the page's model worker: loads one model folder, says so, and answers jobs until it is terminated. */
import { loadPipeline } from "@interfuse/pipeline";
import { initTextTokenizer } from "@interfuse/text-tokenizer";
import tiktokenUrl from "tiktoken/lite/tiktoken_bg.wasm?url";
import { config as configureZod } from "zod";
import type { WorkerRequest } from "../../engine/protocol.ts";
import { ModelLoop, picturesOf } from "../../engine/worker/model-loop.ts";
import { errorWords } from "../error-words.ts";
import { ModelKeeper } from "../files/kept-models.ts";
import { ObservedFiles } from "../files/observed-files.ts";
import { openPlace } from "../files/open-place.ts";
import type { FromWorker, OpenRequest, ToWorker } from "../protocol.ts";
import { startBackend } from "./start-backend.ts";
import { turnOfEventLoop } from "./turn-of-event-loop.ts";

/** TypeScript's "dom" has no types for the inside of a worker. */
const worker = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: ArrayBuffer[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

// zod's faster validators are compiled by `new Function`, which the page's content-security policy forbids.
configureZod({ jitless: true });

const post = (message: FromWorker) =>
  worker.postMessage(message, message.type === "step" ? picturesOf(message) : undefined);

let receive: ((message: WorkerRequest) => void) | undefined;

worker.onmessage = ({ data }) => {
  if (data.type !== "open") return receive?.(data);
  open(data).catch((error: unknown) => post({ type: "failed", message: errorWords(error) }));
};

async function open({ place, ...options }: OpenRequest): Promise<void> {
  post({ type: "progress", progress: { stage: "starting" } });
  const backend = await startBackend(options);
  await initTextTokenizer(tiktokenUrl);
  const { source, id, name } = await openPlace(place);
  const keeper = place.kind === "kept" ? undefined : new ModelKeeper(id);
  const files = new ObservedFiles(source, {
    onProgress: (progress) => post({ type: "progress", progress: { stage: "reading", ...progress } }),
    onFile: async (path, bytes) => keeper?.write(path, bytes),
  });
  const pipeline = await loadPipeline(files);
  const { numBytes } = files;
  await keeper?.finish({ name, numBytes });
  const loop = new ModelLoop(pipeline.openSession(), { post, turn: turnOfEventLoop });
  receive = (message) => loop.receive(message);
  const { model, imageTokenizer, generation, sizeUnit } = pipeline;
  post({
    type: "ready",
    model: {
      id,
      name,
      generation,
      sizeUnit,
      contextLength: model.config.contextLength,
      numParameters: [...model.state(), ...imageTokenizer.state()].reduce((sum, [, { size }]) => sum + size, 0),
      numBytes,
      backend,
      isKept: keeper?.failure === undefined,
      notKeptReason: keeper?.failure,
    },
  });
}
