/**
 * Conversations that come and go over shared steps: what a server runs. `add` between or during steps, `step` until
 * `numOpen` is 0, `remove` what nobody waits for any more. `Pipeline`'s own functions are loops over such a session.
 */
import type { Picture } from "@interfuse/image-tokenizer";
import type { Message } from "@interfuse/text-tokenizer";
import { decodeImages } from "../chat-template/encode-pictures.ts";
import type { GenerationSettings } from "../config/pipeline-config.ts";
import { assertMessages, assertStops } from "./assert-inputs.ts";
import { EventReader } from "./event-reader.ts";
import type { PipelineEvent } from "./events.ts";
import { GenerationLoop } from "./generation-loop.ts";
import {
  type ChatOptions,
  checkImageSize,
  checkWhole,
  type ImageSamplingOptions,
  resolveImageSampling,
  resolveTextSampling,
} from "./options.ts";
import { prepareRequests, type RequestParts, type Task } from "./prepare-requests.ts";
import { documentTokens, type GenerationRequest } from "./request-tokens.ts";

/** What a session is asked: `chat` goes on with a conversation, `image` draws one picture at once. */
export type PipelineSessionRequest = { readonly messages: readonly Message<Picture>[] } & (
  | { readonly answer: "chat"; readonly options?: ChatOptions }
  | { readonly answer: "image"; readonly options?: ImageSamplingOptions & { readonly seed?: number } }
);

/** An event of one of a session's conversations; after `error` and after `end` none follows. */
export type PipelineSessionEvent = {
  /** What `add` returned. */
  readonly id: number;
  readonly event: PipelineEvent | { readonly type: "error"; readonly error: Error };
};

type SessionParts = RequestParts & { readonly generation: GenerationSettings; readonly sizeUnit: number };

/** Conversations over shared steps; see the file's header. Made by `Pipeline.openSession`. */
export class PipelineSession {
  readonly #parts: SessionParts;
  readonly #loop: GenerationLoop;
  readonly #readers = new Map<number, EventReader>();
  #isStepping = false;
  #isDisposed = false;

  /** Made by `Pipeline.openSession`; the parts stay the pipeline's. */
  constructor(parts: SessionParts, options: { maxRunningTokens?: number } = {}) {
    const { maxRunningTokens = 1 } = options;
    checkWhole("openSession", { name: "maxRunningTokens", value: maxRunningTokens, least: 1 });
    this.#parts = parts;
    this.#loop = new GenerationLoop(parts.model, options);
  }

  /** Conversations that have not ended, failed or been removed. */
  get numOpen(): number {
    return this.#readers.size;
  }

  /** Of those, the ones that wait for room in the cache. */
  get numWaiting(): number {
    return this.#loop.numWaiting;
  }

  /**
   * Takes in a conversation; it joins at the first step that has room for it.
   * @returns the id that tags its events
   * @throws {TypeError} when a message or an option is of the wrong kind
   * @throws {RangeError} when an option is out of range or a picture's size does not fit the model
   * @throws {ContextLengthError} when it is longer than the model's context
   */
  async add(request: PipelineSessionRequest): Promise<number> {
    const { messages } = request;
    const { task, numPreviews, stop } = this.#resolve(request);
    assertMessages(task.operation, messages);
    for (const part of messages.flatMap(({ content }) => content)) {
      if (part.type === "image") this.#checkPicture(task.operation, part.image);
    }
    const [prepared] = await prepareRequests([messages], task, this.#parts);
    return this.addRequest(prepared as GenerationRequest, { numPreviews, stop });
  }

  /** Takes in a request that `prepareRequests` made. @returns the id that tags its events; ids count from 0 */
  addRequest(
    request: GenerationRequest,
    { numPreviews, stop = [] }: { numPreviews: number; stop?: readonly string[] },
  ): number {
    const { model, textTokenizer, imageTokenizer } = this.#parts;
    if (this.#isDisposed) throw new Error("PipelineSession.add: the session was disposed; open another one");
    const tokensOf = (kind: "text" | "image") =>
      documentTokens(model, { parts: request.document.parts.filter((part) => part.kind === kind) });
    const id = this.#loop.add(request);
    this.#readers.set(
      id,
      new EventReader({
        model,
        textTokenizer,
        downsampling: imageTokenizer.downsampling,
        numPreviews,
        stop,
        prompt: { promptTextTokens: tokensOf("text"), promptImageTokens: tokensOf("image") },
      }),
    );
    return id;
  }

  /** Ends a conversation without an event and frees its room; nothing happens when it has ended already. */
  remove(id: number): void {
    this.#readers.delete(id);
    this.#loop.remove(id);
  }

  /**
   * Runs one step of everything open and returns its events, those of one conversation in order.
   * @throws {Error} when a step is still being awaited, which goes on
   */
  async step(): Promise<PipelineSessionEvent[]> {
    if (this.#isStepping) throw new Error("PipelineSession.step: the last step is still running; await it first");
    this.#isStepping = true;
    try {
      return await this.#step();
    } finally {
      this.#isStepping = false;
    }
  }

  /** Frees everything; what is open gets no further events. */
  dispose(): void {
    this.#isDisposed = true;
    this.#readers.clear();
    this.#loop.dispose();
  }

  async #step(): Promise<PipelineSessionEvent[]> {
    const events = await this.#loop.step();
    const images = events.map(({ id, event }) =>
      event.type === "error" ? undefined : this.#readers.get(id)?.shownImage(event),
    );
    const decoded = await decodeImages(
      images.filter((image) => image !== undefined),
      this.#parts.imageTokenizer,
    );
    return events.flatMap(({ id, event }, index) => {
      const picture = images[index] === undefined ? undefined : decoded.shift();
      const reader = this.#readers.get(id);
      if (reader === undefined) return []; // removed while images were decoded
      const translated = event.type === "error" ? [event] : reader.translate(event, picture);
      if (isLast(translated.at(-1))) this.remove(id);
      return translated.map((each) => ({ id, event: each }));
    });
  }

  #resolve(request: PipelineSessionRequest): { task: Task; numPreviews: number; stop?: readonly string[] } {
    const { generation: settings, sizeUnit: unit } = this.#parts;
    if (request.answer === "image") {
      const { seed = 0, ...options } = request.options ?? {};
      const image = resolveImageSampling("draw", options, { settings, unit });
      return { task: { operation: "draw", seed, images: [image], maxImages: 1 }, numPreviews: image.numPreviews };
    }
    const { seed = 0, maxImages = 1, numPreviews = 4, stop, ...options } = request.options ?? {};
    checkWhole("chat", { name: "maxImages", value: maxImages, least: 0 });
    if (stop !== undefined) assertStops(stop);
    const image = resolveImageSampling("chat", { ...options, numPreviews }, { settings, unit });
    const text = resolveTextSampling("chat", options);
    const images = maxImages === 0 ? undefined : [image];
    return { task: { operation: "chat", seed, text, images, maxImages }, numPreviews, stop };
  }

  #checkPicture(operation: string, { width, height }: Picture): void {
    const { generation: settings, sizeUnit: unit } = this.#parts;
    checkImageSize(operation, { what: "a picture given", width, height }, { settings, unit });
  }
}

function isLast(event: PipelineSessionEvent["event"] | undefined): boolean {
  return event?.type === "end" || event?.type === "error";
}
