/**
 * An answer as a UI message stream of the AI SDK, version 1: the order of text and images is kept, previews replace one another.
 * Only what every client of the protocol knows is sent; some reject frames with unknown keys.
 */
import type { Answer, ShownEvent } from "../answers/answer.ts";
import { errorOfJob } from "./api-error.ts";
import { dataUrl } from "./image-url.ts";
import { DONE, type Frame } from "./sse.ts";

/** Headers that say so. */
export const UI_STREAM_HEADERS = { "x-vercel-ai-ui-message-stream": "v1" };

/** The answer's frames; its jobs beyond the first are not shown. */
export async function* uiFrames(answer: Answer): AsyncGenerator<Frame, void, undefined> {
  const writer = new PartWriter(answer);
  yield { data: { type: "start", messageId: `msg-${answer.id}` } };
  yield { data: { type: "start-step" } };
  let isEnded = false;
  for await (const { event } of answer.events) {
    for (const data of writer.parts(event)) yield { data };
    if (event.type === "error") {
      yield { data: { type: "error", errorText: errorOfJob(event.error).message } };
      return yield DONE;
    }
    isEnded ||= event.type === "end";
  }
  yield { data: { type: isEnded ? "finish-step" : "abort" } };
  if (isEnded) yield { data: { type: "finish" } };
  yield DONE;
}

/** Turns events into parts, and keeps which text and which image are under way. */
class PartWriter {
  readonly #answer: Answer;
  #numTexts = 0;
  #numImages = 0;
  #isTextOpen = false;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  parts(event: ShownEvent): object[] {
    switch (event.type) {
      case "queued":
        return [
          { type: "data-queue", data: { position: event.position, etaSeconds: event.etaSeconds }, transient: true },
        ];
      case "started":
        return [];
      case "text":
        return [...this.#openText(), { type: "text-delta", id: this.#textId(), delta: event.text }];
      case "image-start":
        return [...this.#closeText(), this.#preview({ step: 0, width: event.width, height: event.height })];
      case "image-progress":
        return [this.#preview({ step: event.step, numSteps: event.numSteps })];
      case "image-preview": {
        const { step, numSteps, image } = event;
        return [this.#preview({ step, numSteps, url: dataUrl(image) })];
      }
      case "image": {
        const { id, seed } = event.image;
        const { steps, guidanceScale } = this.#answer.records[0] ?? {};
        const image = { id: `image-${this.#numImages++}`, file: id, seed, steps, guidanceScale };
        return [
          { type: "file", mediaType: "image/png", url: dataUrl(event.image) },
          { type: "data-image", id: image.id, data: image },
        ];
      }
      case "end":
      case "error":
        return this.#closeText();
    }
  }

  /** The image being painted; only shown while it is. */
  #preview(data: object): object {
    return { type: "data-image-preview", id: `image-${this.#numImages}`, data, transient: true };
  }

  #openText(): object[] {
    if (this.#isTextOpen) return [];
    this.#isTextOpen = true;
    return [{ type: "text-start", id: this.#textId() }];
  }

  #closeText(): object[] {
    if (!this.#isTextOpen) return [];
    this.#isTextOpen = false;
    return [{ type: "text-end", id: `text-${this.#numTexts++}` }];
  }

  #textId(): string {
    return `text-${this.#numTexts}`;
  }
}
