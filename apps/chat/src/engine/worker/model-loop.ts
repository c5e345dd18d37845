/**
 * A worker's scheduler: jobs join and leave between the steps of one session, so that all that run share every forward pass
 * (continuous batching). It knows no threads; `model-worker.ts` connects it to one of Node's, `browser/worker/` to a browser's.
 */
import { ContextLengthError, type PipelineSession, type PipelineSessionRequest } from "@interfuse/pipeline";
import type { AnswerJobEvent, JobError, WorkerMessage, WorkerRequest } from "../protocol.ts";

type StepMessage = Extract<WorkerMessage, { type: "step" }>;

export class ModelLoop {
  readonly #session: PipelineSession;
  readonly #post: (message: StepMessage) => void;
  readonly #turn: () => Promise<void>;
  /** The session's id of each open job; none while its pictures are still being encoded. */
  readonly #ids = new Map<number, number | undefined>();
  readonly #jobs = new Map<number, number>();
  #isRunning = false;
  #stepMilliseconds = 0;

  /**
   * @param parts.post takes what is to be sent to the main thread
   * @param parts.turn lets messages of the main thread in: the kernels of a step are synchronous and nothing else would
   */
  constructor(session: PipelineSession, parts: { post: (message: StepMessage) => void; turn: () => Promise<void> }) {
    this.#session = session;
    this.#post = parts.post;
    this.#turn = parts.turn;
  }

  /** Takes a message of the main thread. */
  receive(message: WorkerRequest): void {
    if (message.type === "add") void this.#add(message.job, message.request);
    else this.#cancel(message.job);
  }

  async #add(job: number, request: PipelineSessionRequest): Promise<void> {
    this.#ids.set(job, undefined);
    try {
      const id = await this.#session.add(request);
      if (!this.#ids.has(job)) return this.#session.remove(id); // cancelled meanwhile
      this.#ids.set(job, id);
      this.#jobs.set(id, job);
      if (!this.#isRunning) await this.#run();
    } catch (error) {
      if (this.#ids.delete(job)) this.#send([{ job, event: { type: "error", error: jobError(error, "asking") } }]);
    }
  }

  #cancel(job: number): void {
    const id = this.#ids.get(job);
    this.#ids.delete(job);
    if (id !== undefined) {
      this.#jobs.delete(id);
      this.#session.remove(id);
    }
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#session.numOpen > 0) {
      const start = performance.now();
      const events = await this.#step();
      this.#stepMilliseconds = performance.now() - start;
      this.#send(events);
      await this.#turn();
    }
    this.#isRunning = false;
  }

  async #step(): Promise<StepMessage["events"]> {
    try {
      const events = await this.#session.step();
      return events.map(({ id, event }) => {
        const job = this.#jobs.get(id) as number;
        if (event.type === "end" || event.type === "error") this.#forget(id, job);
        return {
          job,
          event: event.type === "error" ? { type: "error", error: jobError(event.error, "answering") } : event,
        };
      });
    } catch (error) {
      // Decoding failed for images of several jobs at once; none of them can be told apart.
      return [...this.#jobs].map(([id, job]) => {
        this.#session.remove(id);
        this.#forget(id, job);
        return { job, event: { type: "error", error: jobError(error, "answering") } };
      });
    }
  }

  #forget(id: number, job: number): void {
    this.#jobs.delete(id);
    this.#ids.delete(job);
  }

  #send(events: readonly { job: number; event: AnswerJobEvent }[]): void {
    this.#post({ type: "step", events, stepMilliseconds: this.#stepMilliseconds });
  }
}

/** The memory of a message's pictures, to be handed over instead of copied. */
export function picturesOf({ events }: StepMessage): ArrayBuffer[] {
  return events.flatMap(({ event }) =>
    event.type === "image" || event.type === "image-preview" ? [event.picture.data.buffer as ArrayBuffer] : [],
  );
}

/** While a request is taken in, a RangeError is the asker's mistake; later it is ours. */
function jobError(error: unknown, phase: "asking" | "answering"): JobError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ContextLengthError) return { code: "context_length_exceeded", message };
  return { code: phase === "asking" && error instanceof RangeError ? "invalid_request" : "internal", message };
}
