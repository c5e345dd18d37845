/** One answer being made, as the main thread sees it. */
import type { PipelineSessionRequest } from "@interfuse/pipeline";
import type { AnswerJobEvent, JobError } from "./protocol.ts";
import { Replay } from "./replay.ts";

/** What a job tells those who wait for it, in order; `end` or `error` is the last, unless it is cancelled. */
export type JobEvent =
  | AnswerJobEvent
  /** Jobs before it, and the seconds until it starts, where that is known. */
  | { readonly type: "queued"; readonly position: number; readonly etaSeconds: number | undefined }
  | { readonly type: "started" };

export class Job {
  /** Tags its messages. */
  readonly id: number;
  readonly request: PipelineSessionRequest;
  /** Whose limits it counts against. */
  readonly owner: string;
  readonly events = new Replay<JobEvent>();
  /** Times it was handed to a worker. */
  numAttempts = 0;
  /** `performance.now()` when it was last handed to a worker. */
  startTime = 0;
  #isDone = false;
  #hasShown = false;
  /** Step of the image being drawn that was told last, and which it was when the job started over. */
  #lastStep = -1;
  #lastStepBefore = -1;
  #position = -1;
  readonly #onCancel: (job: Job) => void;

  constructor(parts: {
    id: number;
    request: PipelineSessionRequest;
    owner: string;
    onCancel: (job: Job) => void;
  }) {
    this.id = parts.id;
    this.request = parts.request;
    this.owner = parts.owner;
    this.#onCancel = parts.onCancel;
  }

  /** Ended, failed or cancelled. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Part of the answer was told already, so that starting over could contradict it. An image's previews come again alike. */
  get hasShown(): boolean {
    return this.#hasShown;
  }

  /** Gives the job up: what it holds is free before the next step of the model. */
  cancel(): void {
    if (this.#isDone) return;
    this.finish();
    this.#onCancel(this);
  }

  /** Takes an event of its worker; what a job that started over has told before is not told again. */
  receive(event: AnswerJobEvent): void {
    const step = stepOf(event);
    if (step !== undefined && step <= this.#lastStepBefore) return;
    this.#lastStep = step ?? -1;
    if (step === undefined) this.#lastStepBefore = -1;
    this.#hasShown ||= event.type === "text" || event.type === "image";
    this.events.push(event);
    if (event.type === "end" || event.type === "error") this.finish();
  }

  /** Ends with an error. */
  fail(error: JobError): void {
    this.receive({ type: "error", error });
  }

  /** Tells a place in the queue, when it has changed. */
  tellPosition(position: number, etaSeconds: number | undefined): void {
    if (position === this.#position) return;
    this.#position = position;
    this.events.push({ type: "queued", position, etaSeconds });
  }

  /** Marks the job as handed to a worker. */
  start(): void {
    this.numAttempts++;
    this.startTime = performance.now();
    this.#position = -1;
    this.#lastStepBefore = this.#lastStep;
    this.events.push({ type: "started" });
  }

  /** Nothing more comes. */
  finish(): void {
    this.#isDone = true;
    this.events.end();
  }
}

/** How far an image is; undefined for events that tell nothing of that. */
function stepOf(event: AnswerJobEvent): number | undefined {
  if (event.type === "image-start") return 0;
  return event.type === "image-progress" || event.type === "image-preview" ? event.step : undefined;
}
