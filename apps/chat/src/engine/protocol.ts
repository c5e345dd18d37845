/** What the main thread and a worker thread say to each other. Everything here is plain data that can be cloned. */
import type { GenerationSettings, PipelineEvent, PipelineSessionRequest } from "@interfuse/pipeline";
import type { UseBackendOptions } from "@interfuse/tensor";

/** What a worker is started with. */
export type WorkerOptions = {
  /** Model folder. */
  readonly folder: string;
  readonly backend: Pick<UseBackendOptions, "backend" | "device" | "precision" | "threads">;
  /** Tokens that running jobs may hold in the cache together; left out, as many as suit what computes. */
  readonly maxRunningTokens?: number;
};

/** What a worker says of the model it has loaded. */
export type LoadedModel = {
  readonly generation: GenerationSettings;
  /** Sides of pictures are multiples of it, in pixels. */
  readonly sizeUnit: number;
  readonly contextLength: number;
  /** What computes, in words. */
  readonly backend: string;
};

/** Why a job ended without an answer. */
export type JobError = {
  /** `worker_died` and `draining` come from the main thread. */
  readonly code: "context_length_exceeded" | "invalid_request" | "internal" | "worker_died" | "draining";
  readonly message: string;
};

/** What a job yields: the events of its answer, or an error as the last one. */
export type AnswerJobEvent = PipelineEvent | { readonly type: "error"; readonly error: JobError };

/** To a worker. */
export type WorkerRequest =
  | { readonly type: "add"; readonly job: number; readonly request: PipelineSessionRequest }
  | { readonly type: "cancel"; readonly job: number };

/** From a worker: first `ready` or `failed`, then one `step` for each step. */
export type WorkerMessage =
  | { readonly type: "ready"; readonly model: LoadedModel }
  | { readonly type: "failed"; readonly message: string }
  | {
      readonly type: "step";
      readonly events: readonly { readonly job: number; readonly event: AnswerJobEvent }[];
      /** Duration of the last step. */
      readonly stepMilliseconds: number;
    };
