/** Answers the page's conversations by a model inside the browser, with the same events as the server's. */
import { type Picture, writePng } from "@interfuse/image-tokenizer";
import type { PipelineEvent, PipelineSessionRequest } from "@interfuse/pipeline";
import type { JobError } from "../engine/protocol.ts";
import { type ImageRecord, imageText } from "../images/image-record.ts";
import {
  AnswerError,
  type AnswerErrorKind,
  type AnswerEvent,
  type Answerer,
  type AnswerModel,
  type AnswerRequest,
} from "../page/answerers/answerer.ts";
import { BrowserModel, type OpenModelOptions } from "./browser-model.ts";
import { errorWords } from "./error-words.ts";
import { backendWords } from "./model-words.ts";
import { readPicture } from "./pictures/read-picture.ts";
import type { LoadedBrowserModel } from "./protocol.ts";

/** Text tokens of an answer, as the server's default. */
const MAX_TOKENS = 256;

const KIND_OF_CODE: Readonly<Record<JobError["code"], AnswerErrorKind>> = {
  context_length_exceeded: "refused",
  invalid_request: "refused",
  internal: "failed",
  worker_died: "failed",
  draining: "failed",
};

export class BrowserAnswerer implements Answerer {
  readonly id: string;
  readonly place = "browser";
  readonly description: string;
  readonly models: readonly AnswerModel[];
  /** What was loaded. */
  readonly info: LoadedBrowserModel;
  readonly #model: BrowserModel;

  private constructor(model: BrowserModel) {
    const { info } = model;
    const { contextLength, generation } = info;
    const { imageSize, steps, guidanceScale } = generation;
    this.#model = model;
    this.info = info;
    this.id = `browser:${info.id}`;
    this.description = `in this browser, ${backendWords(info.backend)}`;
    this.models = [{ id: info.name, contextLength, imageSize, steps, guidanceScale }];
  }

  /** Loads a model folder. @throws as `BrowserModel.open` */
  static async open(options: OpenModelOptions): Promise<BrowserAnswerer> {
    return new BrowserAnswerer(await BrowserModel.open(options));
  }

  async *ask(request: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    signal.throwIfAborted();
    const record = this.#record(request);
    const { events, cancel } = this.#model.start(await this.#sessionRequest(request));
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      for await (const event of events) {
        if (event.type === "error") throw new AnswerError(KIND_OF_CODE[event.error.code], errorWords(event.error));
        yield await answerEvent(event, record);
      }
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener("abort", cancel);
      cancel();
    }
  }

  close(): void {
    this.#model.close();
  }

  #record(request: AnswerRequest): ImageRecord {
    const { seed, steps, guidanceScale, messages } = request;
    const prompt = (messages.at(-1)?.parts ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
    const { solver } = this.info.generation;
    return { prompt, seed, steps, guidanceScale, solver, model: this.info.name };
  }

  async #sessionRequest(request: AnswerRequest): Promise<PipelineSessionRequest> {
    const { seed, steps, guidanceScale, numPreviews, temperature, answerWith } = request;
    const { imageSize } = this.info.generation;
    const messages = await Promise.all(
      request.messages.map(async ({ role, parts }) => ({
        role,
        content: await Promise.all(
          parts.map(async (part) =>
            part.type === "text" ? part : { type: "image" as const, image: await this.#picture(part.image, imageSize) },
          ),
        ),
      })),
    );
    const options = { seed, steps, guidanceScale, numPreviews };
    if (answerWith === "image") return { messages, answer: "image", options };
    const maxTokens = Math.min(MAX_TOKENS, this.info.contextLength);
    const maxImages = answerWith === "text" ? 0 : 1;
    return { messages, answer: "chat", options: { ...options, temperature, maxTokens, maxImages } };
  }

  async #picture(image: Blob, size: number): Promise<Picture> {
    try {
      return await readPicture(image, size);
    } catch (cause) {
      throw new AnswerError("refused", (cause as Error).message, { cause });
    }
  }
}

async function answerEvent(event: PipelineEvent, record: ImageRecord): Promise<AnswerEvent> {
  switch (event.type) {
    case "image-preview": {
      const { type, step, numSteps, picture } = event;
      return { type, step, numSteps, image: await pngBlob(picture) };
    }
    case "image":
      return { type: "image", image: await pngBlob(event.picture, imageText(record, event.picture)) };
    case "end":
      return { type: "end" };
    default:
      return event;
  }
}

async function pngBlob(picture: Picture, text: Record<string, string> = {}): Promise<Blob> {
  return new Blob([await writePng(picture, { text })], { type: "image/png" });
}
