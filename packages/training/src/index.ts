export { AdamW, type AdamWConfig } from "./adamw.ts";
export type { AdversaryOptions } from "./adversary.ts";
export { averageDecayAt, WeightAverages } from "./averages.ts";
export { removeLeftovers, writeFolderAtomically } from "./checkpoint/atomic-folder.ts";
export {
  type CheckpointFolder,
  checkpointName,
  latestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
} from "./checkpoint/checkpoint-folders.ts";
export { readTrainingState, type TrainingState } from "./checkpoint/training-state.ts";
export { assertSameConfig, type ConfigChange, configChanges } from "./config-changes.ts";
export type { CheckpointEvent, EndEvent, Reporter, StartEvent, StepEvent, TrainingEvent } from "./events.ts";
export { type LossGradients, lossGradients } from "./loss-gradients.ts";
export { MetricsFile } from "./metrics-file.ts";
export { type MuonConfig, type MuonOptions, MuonWithAdamW } from "./muon.ts";
export { NonFiniteError } from "./non-finite-error.ts";
export type { Optimizer, UpdateOptions } from "./optimizer.ts";
export {
  constantSchedule,
  cosineSchedule,
  lastStableStep,
  linearSchedule,
  type Schedule,
  type ScheduleConfig,
  scheduleFromConfig,
  warmupStableDecaySchedule,
} from "./schedules.ts";
export type { BatchStream, JsonObject, JsonValue, TrainingTask } from "./task.ts";
export { median, type Rates, Throughput } from "./throughput.ts";
export { type CheckpointOptions, Trainer, type TrainerOptions } from "./trainer.ts";
export type { UpdateReport } from "./update-module.ts";
