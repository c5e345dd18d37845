/** Quantized autoencoders by kind, sized to be trained on a CPU in minutes: all f4, so 32x32 pixels become 8x8 codes. */
import { finiteScalarPresets, type QuantizerConfigInput } from "../quantizers/config.ts";
import { type QuantizedAutoencoderConfig, resolveQuantizedAutoencoderConfig } from "./config.ts";

function f4(quantizer: QuantizerConfigInput): QuantizedAutoencoderConfig {
  return resolveQuantizedAutoencoderConfig({
    type: "quantized-autoencoder",
    baseChannels: 32,
    channelMultipliers: [1, 2, 4],
    blocksPerLevel: 1,
    normGroups: 8,
    quantizer,
  });
}

/** What every learned codebook here has: moving averages, and a second life for codes that nothing comes near. */
const codebook = { numCodes: 256, dim: 8, learning: "ema", decay: 0.95, revivalThreshold: 0.5 } as const;

/** 256 codes, learned by moving averages, gradients by the rotation trick. */
const vq = () => f4({ type: "vector", ...codebook, estimator: "rotation" });

/** 240 codes: three channels of 8, 6 and 5 values, nothing to learn. */
const fsq = () => f4({ type: "finite-scalar", levels: [...finiteScalarPresets["2^8"]] });

/**
 * 256 codes: the signs of eight channels. The published weight of the entropy is for photographs; where most patches are
 * background, it spends codes on telling equal ones apart (scenes: 22.8 dB with 0.1, 26.2 with 0.01, 24.6 without).
 */
const lfq = () => f4({ type: "lookup-free", dim: 8, entropyWeight: 0.01 });

/** 256 codes: a frozen random codebook under a learned linear map. */
const simvq = () => f4({ type: "vector", numCodes: 256, dim: 8, learning: "linear", estimator: "rotation" });

/** Four stages of 256 codes, each on what those before leave. */
const residual = () => f4({ type: "residual", numStages: 4, stage: { type: "vector", ...codebook } });

/** 256 codes over maps of 1, 2, 4, 6 and 8 a side, coarse to fine: for 32x32 pixels only. */
const multiScale = () =>
  f4({ type: "multi-scale", numCodes: 256, dim: 8, scales: [1, 2, 4, 6, 8], decay: 0.95, revivalThreshold: 0.5 });

/** vq made narrow: trains in seconds, for tests. */
const debug = () =>
  resolveQuantizedAutoencoderConfig({
    ...vq(),
    baseChannels: 8,
    channelMultipliers: [1, 1, 2],
    normGroups: 4,
    quantizer: { type: "vector", ...codebook, numCodes: 32, dim: 4 },
    latentMean: undefined,
    latentStd: undefined,
  });

/** Complete configs by name. */
export const quantizedAutoencoderRecipes = { debug, vq, fsq, lfq, simvq, residual, multiScale };
