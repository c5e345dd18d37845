/**
 * What the page talks to: something that has models and answers conversations with text and images as they are made. There are
 * two: the server that sent the page (`server.ts`), and a model inside the browser (`../../browser/`). The page knows neither's
 * ways; it says which one is answering by `place` and `description`.
 */

export interface Answerer {
  /** Tells it from others, as "server" or "browser:demo"; the same after a reload for the same thing. */
  readonly id: string;
  /** Where the model runs. */
  readonly place: "server" | "browser";
  /** What answers, in a few words after the model's name, as "on this server" or "in this browser, WebGPU". */
  readonly description: string;
  /** At least one; the first is the default. */
  readonly models: readonly AnswerModel[];
  /**
   * Answers a conversation. Events come in order and `end` is the last; aborting ends the stream at once and frees what it held.
   * @throws {AnswerError} while it is read, when there is no answer or it breaks off
   * @throws {DOMException} named AbortError when `signal` was aborted
   */
  ask(request: AnswerRequest, signal: AbortSignal): AsyncIterable<AnswerEvent>;
  /** Frees the model; only where something is held. */
  close?(): void;
}

/** A model that can be asked, with what its settings start from. */
export type AnswerModel = {
  readonly id: string;
  /** Tokens of a whole conversation, its answer included. */
  readonly contextLength: number;
  /** The model's own side of an image, in pixels. */
  readonly imageSize: number;
  readonly steps: number;
  readonly guidanceScale: number;
  /** Where its folder can be read, to run it in the browser; only where the server shares it. */
  readonly filesUrl?: string;
};

export type AnswerRequest = {
  /** An id of `models`. */
  readonly model: string;
  /** In order; the last is the user's. */
  readonly messages: readonly AnswerMessage[];
  /** `auto` lets the model decide; `image` draws at once; `text` makes no image. */
  readonly answerWith: "auto" | "image" | "text";
  /** The only source of randomness: a whole number, 0 to 2^32 - 1. */
  readonly seed: number;
  /** Denoising steps of an image. */
  readonly steps: number;
  /** Classifier-free guidance weight; 1 is off. */
  readonly guidanceScale: number;
  /** 0 takes the likeliest token. */
  readonly temperature: number;
  /** Previews of each image, spread evenly over its steps; the image itself is not one. */
  readonly numPreviews: number;
};

export type AnswerMessage = {
  readonly role: "user" | "assistant";
  /** What the user gives comes pictures first. */
  readonly parts: readonly AnswerPart[];
};

/** A picture is a PNG or JPEG of any size; the answerer fits it to its model (the middle square, scaled to `imageSize`). */
export type AnswerPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly image: Blob };

export type AnswerEvent =
  /** Requests before this one, and the seconds until it starts where that is known. */
  | { readonly type: "queued"; readonly position: number; readonly etaSeconds?: number }
  /** More text. */
  | { readonly type: "text"; readonly text: string }
  /** An image begins here; its sides in pixels. */
  | { readonly type: "image-start"; readonly width: number; readonly height: number }
  /** Steps of `numSteps` that are done. */
  | { readonly type: "image-progress"; readonly step: number; readonly numSteps: number }
  /** How the image would look if it ended now: a PNG. */
  | { readonly type: "image-preview"; readonly step: number; readonly numSteps: number; readonly image: Blob }
  /** The image: a PNG that holds what made it. */
  | { readonly type: "image"; readonly image: Blob }
  | { readonly type: "end" };

/** Why there is no answer, in words for people. */
export type AnswerErrorKind =
  /** Nobody answers: the server is gone, or the network. */
  | "unreachable"
  /** An API key is needed, or this one is not right. */
  | "key-needed"
  /** Too many requests; `retryAfterSeconds` says when to try again. */
  | "busy"
  /** The conversation or a field of the request is wrong, e.g. too long: trying again does not help. */
  | "refused"
  /** It broke while answering. */
  | "failed";

export class AnswerError extends Error {
  readonly kind: AnswerErrorKind;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: AnswerErrorKind,
    message: string,
    { retryAfterSeconds, cause }: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = "AnswerError";
    this.kind = kind;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
