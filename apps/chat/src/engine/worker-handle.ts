/** The main thread's side of one worker thread: starts it, and starts it anew when it dies. */
import { Worker } from "node:worker_threads";
import type { LoadedModel, WorkerMessage, WorkerOptions, WorkerRequest } from "./protocol.ts";

/** What a handle tells its owner. */
export type WorkerListener = {
  readonly onReady: () => void;
  readonly onStep: (message: Extract<WorkerMessage, { type: "step" }>) => void;
  /** The thread is gone with everything it was doing, or could not start again; another is being started. */
  readonly onDeath: (reason: string) => void;
};

/** Waiting time before a thread that died without doing anything is started anew, doubled each time. */
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;

export class WorkerHandle {
  readonly #options: WorkerOptions;
  readonly #listener: WorkerListener;
  #thread: Worker | undefined;
  #state: "starting" | "ready" | "stopped" = "starting";
  #stepMilliseconds = 0;
  #numDeaths = 0;
  #deathsInARow = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions, listener: WorkerListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  /** Duration of the last step. */
  get stepMilliseconds(): number {
    return this.#stepMilliseconds;
  }

  get numDeaths(): number {
    return this.#numDeaths;
  }

  /**
   * Starts the thread and waits until its model is loaded.
   * @throws Error when it cannot be loaded
   */
  start(): Promise<LoadedModel> {
    return new Promise((resolve, reject) => {
      let failure: string | undefined;
      const thread = new Worker(new URL("./worker/model-worker.js", import.meta.url), { workerData: this.#options });
      this.#thread = thread;
      thread.on("message", (message: WorkerMessage) => {
        // What it had said before it was stopped still arrives.
        if (this.#state === "stopped") return;
        if (message.type === "ready") {
          this.#state = "ready";
          resolve(message.model);
          this.#listener.onReady();
        } else if (message.type === "failed") {
          failure = message.message;
          void thread.terminate();
        } else {
          this.#deathsInARow = 0;
          this.#stepMilliseconds = message.stepMilliseconds;
          this.#listener.onStep(message);
        }
      });
      thread.on("error", (error) => {
        failure = error.message;
      });
      thread.on("exit", (code) => {
        const reason = failure ?? `it exited with code ${code}`;
        reject(new Error(reason));
        this.#onExit(reason);
      });
    });
  }

  /** Sends a message; the thread must be ready. */
  send(message: WorkerRequest): void {
    this.#thread?.postMessage(message);
  }

  /** Ends the thread in the middle of whatever it does. Unless the handle is stopped, another takes its place. */
  async terminate(): Promise<void> {
    await this.#thread?.terminate();
  }

  /** Ends the thread for good. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    clearTimeout(this.#timer);
    await this.terminate();
  }

  #onExit(reason: string): void {
    const wasReady = this.#state === "ready";
    this.#stepMilliseconds = 0;
    this.#thread = undefined;
    if (this.#state === "stopped") return;
    this.#state = "starting";
    if (!wasReady && this.#numDeaths === 0) return; // the first start failed: whoever called `start` decides
    this.#numDeaths++;
    this.#listener.onDeath(reason);
    const delay = this.#deathsInARow === 0 ? 0 : FIRST_DELAY_MS * 2 ** (this.#deathsInARow - 1);
    this.#deathsInARow++;
    this.#timer = setTimeout(() => this.start().catch(() => undefined), Math.min(delay, MAX_DELAY_MS));
  }
}
