/** The page's side of one model worker: loads a model into it, hands it jobs and ends it. */
import type { PipelineSessionRequest } from "@interfuse/pipeline";
import type { AnswerJobEvent } from "../engine/protocol.ts";
import { Replay } from "../engine/replay.ts";
import type { FromWorker, LoadedBrowserModel, LoadProgress, OpenRequest, ToWorker } from "./protocol.ts";

export type OpenModelOptions = Omit<OpenRequest, "type"> & {
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Aborting ends the worker, whatever it is doing. */
  readonly signal?: AbortSignal;
};

export class BrowserModel {
  /** What was loaded, and what computes. */
  readonly info: LoadedBrowserModel;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Replay<AnswerJobEvent>>();
  #nextJob = 0;
  /** Why the worker is gone; undefined while it is there. */
  #death: string | undefined;

  private constructor(worker: Worker, info: LoadedBrowserModel) {
    this.#worker = worker;
    this.info = info;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    worker.onerror = (event) => this.#die(event.message);
  }

  /**
   * Loads a model folder in a worker of its own.
   * @throws Error in words for people when the model cannot be loaded; DOMException "AbortError" when aborted
   */
  static open({ onProgress, signal, ...request }: OpenModelOptions): Promise<BrowserModel> {
    signal?.throwIfAborted();
    const worker = new Worker(new URL("./worker/model-worker.ts", import.meta.url), { type: "module", name: "model" });
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        worker.terminate();
        reject(error);
      };
      const abort = () => fail(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      // A script that cannot be loaded gives no message.
      worker.onerror = ({ message }) =>
        fail(new Error(message || "the model's worker cannot be loaded; reload the page"));
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "progress") onProgress?.(data.progress);
        if (data.type === "failed") fail(new Error(data.message));
        if (data.type === "ready") {
          signal?.removeEventListener("abort", abort);
          resolve(new BrowserModel(worker, data.model));
        }
      };
      worker.postMessage({ type: "open", ...request } satisfies ToWorker);
    });
  }

  /** Starts a job: its events end with `end` or `error`, or, once it is cancelled, without either. */
  start(request: PipelineSessionRequest): { events: AsyncIterable<AnswerJobEvent>; cancel: () => void } {
    const job = this.#nextJob++;
    const events = new Replay<AnswerJobEvent>();
    this.#jobs.set(job, events);
    this.#send({ type: "add", job, request });
    if (this.#death !== undefined) this.#die(this.#death);
    const cancel = () => {
      if (!this.#jobs.delete(job)) return;
      this.#send({ type: "cancel", job });
      events.end();
    };
    return { events, cancel };
  }

  /** Ends the worker and with it everything it holds; open jobs fail. */
  close(): void {
    this.#die("the model was closed");
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    if (message.type !== "step") return;
    for (const { job, event } of message.events) {
      const events = this.#jobs.get(job);
      if (event.type === "end" || event.type === "error") this.#jobs.delete(job);
      events?.push(event);
      if (!this.#jobs.has(job)) events?.end();
    }
  }

  #die(message: string): void {
    this.#death = message;
    this.#worker.terminate();
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const events of jobs) {
      events.push({ type: "error", error: { code: "worker_died", message } });
      events.end();
    }
  }
}
