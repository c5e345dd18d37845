/**
 * An answer as chat completions, whole or in chunks. Images go where clients look for them: into `images`, all of a message in
 * one delta (the openai client overwrites the field, Open WebUI appends it), or as links into the text, in their places. Clients
 * that ask for `parts` get each image in a delta of its own, in its place, and `image_preview` while it is painted.
 */
import type { TokenUsage } from "@interfuse/pipeline";
import type { Answer, AnswerEvent, ShownEvent, ShownImage } from "../answers/answer.ts";
import { ApiError, errorOfJob, toApiError } from "./api-error.ts";
import { dataUrl, fileUrl } from "./image-url.ts";
import { DONE, errorFrame, type Frame, queueComment } from "./sse.ts";
import { chatUsage, sumUsage } from "./usage.ts";

export type ChatOutputOptions = {
  readonly modelId: string;
  readonly mode: "images" | "markdown" | "both" | "parts";
  readonly baseUrl: string;
  /** Images that a choice may have: with the last one `images` is complete. */
  readonly maxImages: number;
  /** Whether the answer is one image, which ends it whatever the model says. */
  readonly isImageOnly: boolean;
  readonly includeUsage: boolean;
};

/** What has come of one choice. */
type Choice = { content: string; images: ShownImage[]; numImagesSent: number; finishReason: "stop" | "length" };

export class ChatOutput {
  readonly #answer: Answer;
  readonly #options: ChatOutputOptions;
  readonly #choices: Choice[];
  readonly #usages: TokenUsage[] = [];

  constructor(answer: Answer, options: ChatOutputOptions) {
    this.#answer = answer;
    this.#options = options;
    this.#choices = answer.records.map(() => ({
      content: "",
      images: [],
      numImagesSent: 0,
      finishReason: "stop",
    }));
  }

  /** The whole answer. @throws {ApiError} when one of its jobs fails or was given up */
  async whole(): Promise<object> {
    for await (const { index, event } of this.#answer.events) {
      if (event.type === "error") throw errorOfJob(event.error);
      this.#take(index, event);
    }
    this.#checkEnded();
    const choices = this.#choices.map(({ content, images, finishReason }, index) => ({
      index,
      message: {
        role: "assistant",
        content,
        refusal: null,
        ...(images.length > 0 && this.#options.mode !== "markdown" && { images: this.#imageParts(images) }),
      },
      logprobs: null,
      finish_reason: finishReason,
    }));
    return { ...this.#head("chat.completion"), choices, usage: chatUsage(sumUsage(this.#usages)) };
  }

  /** The answer in chunks; a failure is a frame too. */
  async *frames(): AsyncGenerator<Frame, void, undefined> {
    for (const index of this.#choices.keys()) yield this.#chunk(index, { role: "assistant", content: "" });
    try {
      for await (const { index, event } of this.#answer.events) {
        if (event.type === "error") return yield errorFrame(errorOfJob(event.error).body);
        if (event.type === "queued") yield queueComment(event);
        if (event.type === "image-preview") yield this.#preview(index, event);
        const before = (this.#choices[index] as Choice).content.length;
        this.#take(index, event);
        yield* this.#deltas(index, before, event.type === "end");
      }
      this.#checkEnded();
    } catch (error) {
      return yield errorFrame(toApiError(error).body);
    }
    if (this.#options.includeUsage) {
      yield { data: { ...this.#head("chat.completion.chunk"), choices: [], usage: chatUsage(sumUsage(this.#usages)) } };
    }
    yield DONE;
  }

  /** What is new of a choice. */
  *#deltas(index: number, before: number, isEnd: boolean): Generator<Frame, void, undefined> {
    const choice = this.#choices[index] as Choice;
    const { content, images, numImagesSent, finishReason } = choice;
    const { mode, maxImages } = this.#options;
    if (content.length > before) yield this.#chunk(index, { content: content.slice(before) });
    const areComplete = mode === "parts" || isEnd || images.length === maxImages;
    if (areComplete && images.length > numImagesSent && mode !== "markdown") {
      choice.numImagesSent = images.length;
      yield this.#chunk(index, { content: "", images: this.#imageParts(images).slice(numImagesSent) });
    }
    if (isEnd) yield this.#chunk(index, {}, finishReason);
  }

  #preview(index: number, { step, numSteps, image }: Extract<ShownEvent, { type: "image-preview" }>): Frame {
    const preview = { image_url: { url: dataUrl(image) }, step, num_steps: numSteps };
    return this.#chunk(index, { content: "", image_preview: preview });
  }

  #take(index: number, event: AnswerEvent["event"]): void {
    const choice = this.#choices[index] as Choice;
    if (event.type === "text") choice.content += event.text;
    else if (event.type === "image") {
      choice.images.push(event.image);
      if (this.#options.mode === "markdown" || this.#options.mode === "both")
        choice.content += `![image](${fileUrl(event.image, this.#options.baseUrl)})`;
    } else if (event.type === "end") {
      this.#usages.push(event.usage);
      choice.finishReason = event.reason === "length" && !this.#options.isImageOnly ? "length" : "stop";
    }
  }

  /** Choices whose job was cancelled have no end. */
  #checkEnded(): void {
    if (this.#usages.length < this.#choices.length) {
      throw new ApiError(503, "cancelled", "the answer was given up because its client had gone");
    }
  }

  #imageParts(images: readonly ShownImage[]) {
    return images.map((image, index) => ({
      type: "image_url",
      image_url: { url: dataUrl(image) },
      index,
      id: image.id,
      seed: image.seed,
    }));
  }

  #head(object: string) {
    const { id, created, records } = this.#answer;
    return { id: `chatcmpl-${id}`, object, created, model: this.#options.modelId, seed: records[0]?.seed };
  }

  #chunk(index: number, delta: object, finishReason: string | null = null): Frame {
    const choices = [{ index, delta, logprobs: null, finish_reason: finishReason }];
    return { data: { ...this.#head("chat.completion.chunk"), choices } };
  }
}
