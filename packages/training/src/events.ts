/** What a run tells as it goes; reporters turn events into bars, lines and files. */
import type { UpdateReport } from "./update-module.ts";

/** The run begins, or goes on after a resume at `step` > 0. */
export type StartEvent = {
  readonly type: "start";
  /** Updates done so far. */
  readonly step: number;
  readonly totalSteps: number;
  readonly numParameters: number;
};

/** One optimizer update was made. */
export type StepEvent = UpdateReport & {
  readonly type: "step";
  /** The update's number, from 1. */
  readonly step: number;
  readonly totalSteps: number;
  /** The adversary's update, in steps that made one. */
  readonly adversary?: UpdateReport;
  readonly numTokens: number;
  /** Seconds this step took, waiting for its batches included. */
  readonly seconds: number;
  /** Of those, seconds spent waiting for batches. */
  readonly dataSeconds: number;
};

/** A checkpoint is on disk. */
export type CheckpointEvent = { readonly type: "checkpoint"; readonly step: number; readonly path: string };

/** The run is over: all steps are done, or (after a checkpoint) it was to pause here, or the signal stopped it. */
export type EndEvent = { readonly type: "end"; readonly step: number; readonly reason: "done" | "paused" | "aborted" };

/** Any of a run's events, told by `type`. */
export type TrainingEvent = StartEvent | StepEvent | CheckpointEvent | EndEvent;

/** Takes events one after another; a slow reporter slows the run. */
export interface Reporter {
  report(event: TrainingEvent): void | Promise<void>;
}
