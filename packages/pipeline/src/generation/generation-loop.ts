/**
 * Requests that come and go over the shared steps of one session (continuous batching): as many run at a time as fit a
 * bounded cache, the others wait in order. A request that fails ends alone.
 */
import { type GenerationEvent, Session, type UnifiedModel } from "@interfuse/model";
import { type GenerationRequest, requestTokens } from "./request-tokens.ts";

/**
 * Tokens that running requests may hold in the cache together; one request may exceed it alone. Attention written in
 * TensorFlow.js ops (wasm, WebGPU) holds a dense [tokens, tokens] matrix a head, which this bounds to 17 MB.
 */
const MAX_RUNNING_TOKENS = 2048;

/** An event of one of the requests; after `error` and after `end` none follows. */
export type LoopEvent = {
  readonly id: number;
  readonly event: GenerationEvent | { readonly type: "error"; readonly error: Error };
};

/** Runs requests over one session and queues those that do not fit yet; see the file's header. */
export class GenerationLoop {
  readonly #model: UnifiedModel;
  readonly #session: Session;
  readonly #maxTokens: number;
  readonly #waiting = new Map<number, { request: GenerationRequest; numTokens: number }>();
  /** By the session's id. */
  readonly #running = new Map<number, { id: number; numTokens: number }>();
  #numTokens = 0;
  #nextId = 0;

  /** The model stays the caller's; dispose the loop to free its cache. */
  constructor(model: UnifiedModel, { maxRunningTokens = MAX_RUNNING_TOKENS }: { maxRunningTokens?: number } = {}) {
    this.#model = model;
    this.#session = new Session(model);
    this.#maxTokens = maxRunningTokens;
  }

  /** Requests that share the next step. */
  get numRunning(): number {
    return this.#running.size;
  }

  /** Requests that wait for room. */
  get numWaiting(): number {
    return this.#waiting.size;
  }

  /** Queues a request; it joins at the first step that has room for it. Returns the id that tags its events. */
  add(request: GenerationRequest): number {
    const id = this.#nextId++;
    this.#waiting.set(id, { request, numTokens: requestTokens(this.#model, request) });
    return id;
  }

  /** Ends a request without an event and frees its room; nothing happens when it has ended already. */
  remove(id: number): void {
    this.#waiting.delete(id);
    for (const [sessionId, running] of this.#running) {
      if (running.id === id) {
        this.#session.remove(sessionId);
        this.#forget(sessionId);
      }
    }
  }

  /**
   * Lets in what has room, runs one step of all that run, and returns their events, those of one request in order. Requests
   * may be added and removed while it is awaited.
   */
  async step(): Promise<LoopEvent[]> {
    const refused = this.#admit();
    return this.#running.size === 0 ? refused : [...refused, ...(await this.#runStep())];
  }

  /** Frees everything; the requests get no further events. */
  dispose(): void {
    this.#waiting.clear();
    this.#running.clear();
    this.#session.dispose();
  }

  /** Starts waiting requests in order while there is room. @returns the errors of those that could not start */
  #admit(): LoopEvent[] {
    const refused: LoopEvent[] = [];
    for (const [id, { request, numTokens }] of this.#waiting) {
      if (this.#running.size > 0 && this.#numTokens + numTokens > this.#maxTokens) break;
      this.#waiting.delete(id);
      try {
        this.#running.set(this.#session.add(request.document, request.options), { id, numTokens });
        this.#numTokens += numTokens;
      } catch (error) {
        refused.push({ id, event: { type: "error", error: error as Error } });
      }
    }
    return refused;
  }

  async #runStep(): Promise<LoopEvent[]> {
    try {
      const events = await this.#session.step();
      return events.map(({ id, event }) => {
        const { id: requestId } = this.#running.get(id)!;
        if (event.type === "end") this.#forget(id);
        return { id: requestId, event };
      });
    } catch (error) {
      return this.#fail(error as Error);
    }
  }

  /** The session removes a request whose numbers went wrong. When it removed none, the pass itself failed, and all do. */
  #fail(error: Error): LoopEvent[] {
    const running = [...this.#running];
    const removed = running.filter(([sessionId]) => !this.#session.has(sessionId));
    return (removed.length > 0 ? removed : running).map(([sessionId, { id }]) => {
      this.#session.remove(sessionId);
      this.#forget(sessionId);
      return { id, event: { type: "error", error } };
    });
  }

  #forget(sessionId: number): void {
    this.#numTokens -= this.#running.get(sessionId)!.numTokens;
    this.#running.delete(sessionId);
  }
}
