export { type Guidance, guidanceScaleAt, guide } from "./guidance.ts";
export { type AlphaSigma, cosinePath, linearPath, logSignalToNoise, type NoisePath } from "./noise-path.ts";
export {
  type Estimate,
  estimateFromPrediction,
  type PredictionType,
  predictionTarget,
  type TargetWeights,
  targetWeights,
} from "./prediction.ts";
export type { PredictionRequest, Solver, SolverOptions, SolverRun } from "./solvers/solver.ts";
export { type SolverName, solvers } from "./solvers/solvers.ts";
export {
  sampleTimesteps,
  shiftTimesteps,
  type TimestepGridOptions,
  type TimestepSampling,
  timestepGrid,
} from "./timesteps.ts";
