export {
  type EvaluateScenesOptions,
  evaluateScenes,
  type SceneOutcome,
  type SceneReport,
  type SceneResponder,
  type SceneScore,
} from "./evaluate-scenes.ts";
export { formatScores } from "./format-scores.ts";
export { type CodebookUsage, codebookUsage } from "./metrics/codebook-usage.ts";
export { type EquivarianceErrors, equivarianceErrors } from "./metrics/equivariance-errors.ts";
export { type FeatureRows, joinFeatureRows, pooledFeatures } from "./metrics/feature-rows.ts";
export { frechetDistance } from "./metrics/frechet-distance.ts";
export { type LatentSpectrum, latentSpectrum } from "./metrics/latent-spectrum.ts";
export { type LabelledFeatures, linearProbe, type ProbeResult } from "./metrics/linear-probe.ts";
export { perceptualDistance } from "./metrics/perceptual-distance.ts";
export { psnr } from "./metrics/psnr.ts";
export { gradientMagnitudeRatio } from "./metrics/sharpness.ts";
export { ssim } from "./metrics/ssim.ts";
export { wilsonInterval } from "./metrics/wilson-interval.ts";
export { isDrawnRight, isEditRight, PLACE_TOLERANCE } from "./scene-oracle/judge.ts";
export { readPicture, type SeenObject } from "./scene-oracle/read-picture.ts";
