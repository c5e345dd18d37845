/** An answer as the image endpoints give it: a list of images, or events with previews. */
import type { TokenUsage } from "@interfuse/pipeline";
import sharp from "sharp";
import type { Answer, ShownImage } from "../answers/answer.ts";
import { ApiError, errorOfJob, toApiError } from "./api-error.ts";
import { fileUrl, toBase64 } from "./image-url.ts";
import { errorFrame, type Frame, queueComment } from "./sse.ts";
import { imageUsage, sumUsage } from "./usage.ts";

export type ImageOutputOptions = {
  readonly modelId: string;
  /** Prefix of the events' names: `image_generation` or `image_edit`. */
  readonly eventName: string;
  readonly responseFormat: "b64_json" | "url";
  readonly outputFormat: "png" | "jpeg" | "webp";
  /** Of jpeg and webp, 0 to 100. */
  readonly compression: number;
  readonly size: string;
  readonly quality: string;
  readonly baseUrl: string;
};

export class ImageOutput {
  readonly #answer: Answer;
  readonly #options: ImageOutputOptions;

  constructor(answer: Answer, options: ImageOutputOptions) {
    this.#answer = answer;
    this.#options = options;
  }

  /** The whole answer. @throws {ApiError} when one of its jobs fails or was given up */
  async whole(): Promise<object> {
    const data: object[] = [];
    const usages: TokenUsage[] = [];
    for await (const { index, event } of this.#answer.events) {
      if (event.type === "error") throw errorOfJob(event.error);
      if (event.type === "image") data[index] = await this.#item(event.image);
      if (event.type === "end") usages.push(event.usage);
    }
    this.#checkEnded(usages);
    return {
      created: this.#answer.created,
      model: this.#options.modelId,
      data,
      ...this.#look(),
      usage: imageUsage(sumUsage(usages)),
    };
  }

  /** Previews and images as they come; a failure is a frame too. */
  async *frames(): AsyncGenerator<Frame, void, undefined> {
    const images: ShownImage[] = [];
    const numPreviews = this.#answer.records.map(() => 0);
    const usages: TokenUsage[] = [];
    try {
      for await (const { index, event } of this.#answer.events) {
        if (event.type === "error") return yield errorFrame(errorOfJob(event.error).body);
        if (event.type === "queued") yield queueComment(event);
        if (event.type === "image-preview") {
          const number = numPreviews[index] as number;
          numPreviews[index] = number + 1;
          yield await this.#frame("partial_image", event.image, { index, partial_image_index: number });
        }
        if (event.type === "image") images[index] = event.image;
        if (event.type === "end") {
          usages.push(event.usage);
          const usage = imageUsage(event.usage);
          yield await this.#frame("completed", images[index] as ShownImage, { index, usage });
        }
      }
      this.#checkEnded(usages);
    } catch (error) {
      yield errorFrame(toApiError(error).body);
    }
  }

  async #frame(kind: string, image: ShownImage, fields: object): Promise<Frame> {
    const event = `${this.#options.eventName}.${kind}`;
    const { created } = this.#answer;
    const b64 = toBase64(await this.#encode(image));
    const data = { type: event, b64_json: b64, created_at: created, seed: image.seed, ...this.#look(), ...fields };
    return { event, data };
  }

  async #item(image: ShownImage): Promise<object> {
    const { responseFormat, baseUrl } = this.#options;
    const where =
      responseFormat === "url" ? { url: fileUrl(image, baseUrl) } : { b64_json: toBase64(await this.#encode(image)) };
    return { ...where, seed: image.seed };
  }

  /** The image in the format asked for; only PNG keeps what made it. */
  async #encode({ png }: ShownImage): Promise<Uint8Array> {
    const { outputFormat, compression: quality } = this.#options;
    // sharp counts from 1.
    const options = { quality: Math.max(1, quality) };
    return outputFormat === "png" ? png : sharp(png).toFormat(outputFormat, options).toBuffer();
  }

  #look() {
    const { size, quality, outputFormat } = this.#options;
    return { size, quality, background: "opaque", output_format: outputFormat };
  }

  #checkEnded(usages: readonly TokenUsage[]): void {
    if (usages.length < this.#answer.records.length) {
      throw new ApiError(503, "cancelled", "the images were given up because their client had gone");
    }
  }
}
