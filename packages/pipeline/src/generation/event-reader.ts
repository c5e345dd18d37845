/** Turns the model's events of one answer (token ids, latents) into the pipeline's (text, pictures), and counts its tokens. */
import type { Picture } from "@interfuse/image-tokenizer";
import type { GenerationEvent, UnifiedModel } from "@interfuse/model";
import type { TextStream, TextTokenizer } from "@interfuse/text-tokenizer";
import type { LatentImage } from "../chat-template/encode-pictures.ts";
import type { PipelineEvent, TokenUsage } from "./events.ts";
import { imageTokens } from "./request-tokens.ts";
import { StopFilter } from "./stop-filter.ts";

/** Reads the events of one answer; keeps the text that is not a whole character yet, or may begin a stop text. */
export class EventReader {
  readonly #model: UnifiedModel;
  readonly #downsampling: number;
  readonly #numPreviews: number;
  readonly #textTokenizer: TextTokenizer;
  readonly #filter: StopFilter;
  #text: TextStream;
  #usage: TokenUsage;
  #size = { height: 0, width: 0 };

  /**
   * @param parts.downsampling the image tokenizer's
   * @param parts.numPreviews previews to show per image, spread evenly over its steps
   * @param parts.stop texts that end the answer
   * @param parts.prompt tokens of the prompt
   */
  constructor(parts: {
    model: UnifiedModel;
    textTokenizer: TextTokenizer;
    downsampling: number;
    numPreviews: number;
    stop: readonly string[];
    prompt: Pick<TokenUsage, "promptTextTokens" | "promptImageTokens">;
  }) {
    this.#model = parts.model;
    this.#downsampling = parts.downsampling;
    this.#numPreviews = parts.numPreviews;
    this.#textTokenizer = parts.textTokenizer;
    this.#text = parts.textTokenizer.stream();
    this.#filter = new StopFilter(parts.stop);
    this.#usage = { ...parts.prompt, textTokens: 0, imageTokens: 0 };
  }

  /** The image that an event shows, to be decoded before `translate` reads the event. Call it once for each event. */
  shownImage(event: GenerationEvent): LatentImage | undefined {
    if (event.type === "image-start") this.#size = { height: event.height, width: event.width };
    const isShown = event.type === "image-end" || (event.type === "image-preview" && this.#isPreview(event));
    return isShown ? { ...this.#size, latents: event.latents } : undefined;
  }

  /** @param picture the decoded `shownImage` of the event, where it has one */
  translate(event: GenerationEvent, picture: Picture | undefined): PipelineEvent[] {
    switch (event.type) {
      case "text":
        this.#count({ textTokens: 1 });
        return this.#show(this.#filter.push(this.#text.push(event.tokenId)));
      case "image-start": {
        const width = event.width * this.#downsampling;
        const height = event.height * this.#downsampling;
        this.#count({ imageTokens: imageTokens(this.#model, event) });
        return [...this.#endText(), { type: "image-start", width, height }];
      }
      case "image-preview": {
        const { step, numSteps } = event;
        const progress: PipelineEvent = { type: "image-progress", step, numSteps };
        return picture === undefined ? [progress] : [progress, { type: "image-preview", step, numSteps, picture }];
      }
      case "image-end":
        return [{ type: "image", picture: picture as Picture }];
      case "end":
        return [...this.#endText(), { ...event, usage: this.#usage }];
    }
  }

  /** Whether one of `numPreviews` evenly spaced previews falls on a step; the last step is the image itself. */
  #isPreview({ step, numSteps }: { step: number; numSteps: number }): boolean {
    const previewsUntil = (steps: number): number => Math.floor((steps * (this.#numPreviews + 1)) / numSteps);
    return step < numSteps && previewsUntil(step) > previewsUntil(step - 1);
  }

  #endText(): PipelineEvent[] {
    const rest = this.#filter.push(this.#text.end()) + this.#filter.end();
    this.#text = this.#textTokenizer.stream();
    return textEvents(rest);
  }

  /** Text, and the end of the answer when a stop text has come. */
  #show(text: string): PipelineEvent[] {
    const shown = textEvents(text);
    return this.#filter.isStopped ? [...shown, { type: "end", reason: "stop", usage: this.#usage }] : shown;
  }

  #count({ textTokens = 0, imageTokens: drawn = 0 }): void {
    const { textTokens: text, imageTokens: image, ...prompt } = this.#usage;
    this.#usage = { ...prompt, textTokens: text + textTokens, imageTokens: image + drawn };
  }
}

function textEvents(text: string): PipelineEvent[] {
  return text === "" ? [] : [{ type: "text", text }];
}
