/** Turns the model's events (token ids, latents) into the pipeline's (text, pictures). */
import type { ImageTokenizer, Picture } from "@interfuse/image-tokenizer";
import type { GenerationEvent } from "@interfuse/model";
import type { TextStream, TextTokenizer } from "@interfuse/text-tokenizer";
import { decodeImages, type LatentImage } from "../chat-template/encode-pictures.ts";
import type { IndexedEvent, PipelineEvent } from "./events.ts";

/** Reads the events of several requests; keeps for each the text that is not a whole character yet. */
export class EventReader {
  readonly #textTokenizer: TextTokenizer;
  readonly #imageTokenizer: ImageTokenizer;
  readonly #numPreviews: number;
  readonly #texts = new Map<number, TextStream>();
  readonly #sizes = new Map<number, { height: number; width: number }>();

  /** @param parts.numPreviews previews to decode per image, spread evenly over its steps */
  constructor(parts: { textTokenizer: TextTokenizer; imageTokenizer: ImageTokenizer; numPreviews: number }) {
    this.#textTokenizer = parts.textTokenizer;
    this.#imageTokenizer = parts.imageTokenizer;
    this.#numPreviews = parts.numPreviews;
  }

  /** The events of one step; its images are decoded together. */
  async read(events: readonly { index: number; event: GenerationEvent }[]): Promise<IndexedEvent[]> {
    const images: LatentImage[] = [];
    for (const { index, event } of events) {
      if (event.type === "image-start") this.#sizes.set(index, event);
      const isShown = event.type === "image-end" || (event.type === "image-preview" && this.#isPreview(event));
      if (isShown)
        images.push({ ...(this.#sizes.get(index) as { height: number; width: number }), latents: event.latents });
    }
    const pictures = await decodeImages(images, this.#imageTokenizer);
    const nextPicture = () => pictures.shift() as Picture;
    return events.flatMap(({ index, event }) =>
      this.#translate(index, event, nextPicture).map((translated) => ({ index, event: translated })),
    );
  }

  #translate(index: number, event: GenerationEvent, nextPicture: () => Picture): PipelineEvent[] {
    switch (event.type) {
      case "text":
        return textEvents(this.#textOf(index).push(event.tokenId));
      case "image-start": {
        const { downsampling } = this.#imageTokenizer;
        const size = { width: event.width * downsampling, height: event.height * downsampling };
        return [...this.#endText(index), { type: "image-start", ...size }];
      }
      case "image-preview": {
        const { step, numSteps } = event;
        const progress: PipelineEvent = { type: "image-progress", step, numSteps };
        if (!this.#isPreview(event)) return [progress];
        return [progress, { type: "image-preview", step, numSteps, picture: nextPicture() }];
      }
      case "image-end":
        return [{ type: "image", picture: nextPicture() }];
      case "end":
        return [...this.#endText(index), event];
    }
  }

  /** Whether one of `numPreviews` evenly spaced previews falls on a step; the last step is the image itself. */
  #isPreview({ step, numSteps }: { step: number; numSteps: number }): boolean {
    const previewsUntil = (steps: number): number => Math.floor((steps * (this.#numPreviews + 1)) / numSteps);
    return step < numSteps && previewsUntil(step) > previewsUntil(step - 1);
  }

  #textOf(index: number): TextStream {
    const stream = this.#texts.get(index) ?? this.#textTokenizer.stream();
    this.#texts.set(index, stream);
    return stream;
  }

  #endText(index: number): PipelineEvent[] {
    const rest = this.#texts.get(index)?.end() ?? "";
    this.#texts.delete(index);
    return textEvents(rest);
  }
}

function textEvents(text: string): PipelineEvent[] {
  return text === "" ? [] : [{ type: "text", text }];
}
