/**
 * One request's answer: its jobs' events with images as PNG files, readable from the beginning by everyone who waits for it.
 * Once nobody does, its jobs are cancelled.
 */
import { randomUUID } from "node:crypto";
import { encodePng, type Picture } from "@interfuse/data";
import type { Job, JobEvent } from "../engine/job.ts";
import type { JobError } from "../engine/protocol.ts";
import { Replay } from "../engine/replay.ts";
import { type ImageRecord, imageText } from "../images/image-record.ts";
import type { ImageStore } from "./image-store.ts";

/** A picture as clients get it. */
export type ShownImage = {
  readonly png: Uint8Array;
  /** In the image store, if it is kept there; previews are not. */
  readonly id?: string;
  readonly seed: number;
};

/** A job's event with its picture encoded. */
export type ShownEvent =
  | Exclude<JobEvent, { readonly type: "image" | "image-preview" }>
  | { readonly type: "image"; readonly image: ShownImage }
  | { readonly type: "image-preview"; readonly step: number; readonly numSteps: number; readonly image: ShownImage };

/** `index` is the job's: the choice, or the image of several. */
export type AnswerEvent = { readonly index: number; readonly event: ShownEvent };

export type AnswerParts = {
  readonly jobs: readonly Job[];
  /** What is written into the images of each job. */
  readonly records: readonly ImageRecord[];
  /** Where finished images are kept; left out where nobody is told their ids. */
  readonly images?: ImageStore;
  /** Applied to every picture before it is shown. */
  readonly finish?: (picture: Picture) => Picture;
  /** Takes what went wrong inside, which clients are not told; for the log. */
  readonly onInternalError?: (message: string) => void;
};

export class Answer {
  readonly id = randomUUID().replaceAll("-", "");
  /** Unix time, in seconds. */
  readonly created = Math.floor(Date.now() / 1000);
  readonly events = new Replay<AnswerEvent>();
  readonly records: readonly ImageRecord[];
  /** Resolves when nothing more comes. */
  readonly done: Promise<void>;
  readonly #parts: Omit<AnswerParts, "jobs">;
  /** None once they have ended: an answer is kept for a while, and need not keep what they were made of. */
  #jobs: readonly Job[];
  #numReaders = 0;
  #isDone = false;
  #isBroken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ jobs, ...parts }: AnswerParts) {
    this.#parts = parts;
    this.#jobs = jobs;
    this.records = parts.records;
    this.done = Promise.all(jobs.map((job, index) => this.#show(job, index))).then(() => {
      this.#isDone = true;
      this.#jobs = [];
      this.events.end();
    });
  }

  /** Failed, or given up before its end: whoever asks again gets another. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Counts a reader. Call what it returns when the reader is gone: if it was the last, the jobs are cancelled, at once or,
   * where the reader is likely to come back, after `keepSeconds`.
   */
  attach(): (keepSeconds?: number) => void {
    let isAttached = true;
    this.#numReaders++;
    clearTimeout(this.#timer);
    return (keepSeconds = 0) => {
      if (!isAttached) return;
      isAttached = false;
      this.#numReaders--;
      if (this.#numReaders > 0 || this.#isDone) return;
      if (keepSeconds === 0) this.cancel();
      else this.#timer = setTimeout(() => this.cancel(), keepSeconds * 1000).unref();
    };
  }

  /** Gives up whatever is not done. */
  cancel(): void {
    this.#isBroken ||= !this.#isDone;
    for (const job of this.#jobs) job.cancel();
  }

  async #show(job: Job, index: number): Promise<void> {
    try {
      for await (const event of job.events) {
        if (event.type === "error") this.#fail(event.error, index);
        else this.events.push({ index, event: await this.#encode(event, index) });
      }
    } catch (error) {
      job.cancel();
      this.#fail({ code: "internal", message: (error as Error).message }, index);
    }
  }

  #fail(error: JobError, index: number): void {
    this.#isBroken = true;
    if (error.code === "internal") this.#parts.onInternalError?.(error.message);
    this.events.push({ index, event: { type: "error", error } });
  }

  async #encode(event: JobEvent, index: number): Promise<ShownEvent> {
    if (event.type !== "image" && event.type !== "image-preview") return event;
    const { records, images, finish = (picture) => picture } = this.#parts;
    const record = records[index] as ImageRecord;
    const picture = finish(event.picture);
    const { seed } = record;
    if (event.type === "image") {
      const png = await encodePng(picture, { text: imageText(record, picture) });
      return { type: "image", image: { png, id: images?.put(png), seed } };
    }
    const png = await encodePng(picture, { compressionLevel: 3 });
    return { type: "image-preview", step: event.step, numSteps: event.numSteps, image: { png, seed } };
  }
}
