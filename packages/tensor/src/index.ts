export type { BackendName, DeviceName, Precision } from "./backend/candidate.ts";
export {
  type BackendReport,
  backendNames,
  type UseBackendOptions,
  useBackend,
  usedBackend,
} from "./backend/use-backend.ts";
export { type FileSink, type FileSource, MemoryFiles } from "./files.ts";
export { checkpoint } from "./gradients/checkpoint.ts";
export { gradientsSoFar } from "./gradients/gradients-so-far.ts";
export {
  type Outputs,
  type ValueAndGrads,
  type ValueAndGradsOptions,
  valueAndGrads,
} from "./gradients/value-and-grads.ts";
export { withoutGradients } from "./gradients/without-gradients.ts";
export { initNormal, initOnes, initZeros } from "./initialisers.ts";
export { Module } from "./module.ts";
export { type AdamWOptions, type AdamWTensors, adamwUpdate } from "./ops/adamw-update.ts";
export { type AttentionInputs, attention } from "./ops/attention.ts";
export { type Conv2dOptions, conv2d, type ImagePadding } from "./ops/conv2d.ts";
export { crossEntropy } from "./ops/cross-entropy.ts";
export { withPortableOps } from "./ops/dispatch.ts";
export { drawNormal, type NormalDraw } from "./ops/draw-normal.ts";
export { emaUpdate } from "./ops/ema-update.ts";
export { embedding } from "./ops/embedding.ts";
export { type GroupMoments, type GroupNormWithOptions, groupMoments, groupNormWith } from "./ops/group-moments.ts";
export { type GroupNormOptions, groupNorm } from "./ops/group-norm.ts";
export { keyRangesToMask } from "./ops/key-ranges.ts";
export { linear } from "./ops/linear.ts";
export { type MuonOptions, type MuonTensors, muonUpdate } from "./ops/muon-update.ts";
export { type NormedRotaryOptions, normedRotary } from "./ops/normed-rotary.ts";
export { rmsNorm } from "./ops/rms-norm.ts";
export { rotaryEmbedding } from "./ops/rotary-embedding.ts";
export { rotaryTable } from "./ops/rotary-table.ts";
export { swiglu } from "./ops/swiglu.ts";
export { swigluLinear } from "./ops/swiglu-linear.ts";
export { writeRows } from "./ops/write-rows.ts";
export { BlankGenerator } from "./random/blank-generator.ts";
export { Generator, type GeneratorState, type RandomRun } from "./random/generator.ts";
export { normalQuantile } from "./random/normal-quantile.ts";
export { readAtOnce } from "./read-at-once.ts";
export {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  type HostDtype,
  type HostTensor,
  hostTensorToFloat32,
} from "./safetensors/host-tensor.ts";
export {
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsFile,
  type SafetensorsHeader,
} from "./safetensors/read.ts";
export { writeSafetensors } from "./safetensors/write.ts";
export { tf } from "./tf.ts";
