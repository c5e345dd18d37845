export {
  type EvaluateScenesOptions,
  evaluateScenes,
  type SceneOutcome,
  type SceneReport,
  type SceneResponder,
  type SceneScore,
} from "./evaluate-scenes.ts";
export { formatScores } from "./format-scores.ts";
export { psnr } from "./metrics/psnr.ts";
export { ssim } from "./metrics/ssim.ts";
export { wilsonInterval } from "./metrics/wilson-interval.ts";
export { isDrawnRight, isEditRight, PLACE_TOLERANCE } from "./scene-oracle/judge.ts";
export { readPicture, type SeenObject } from "./scene-oracle/read-picture.ts";
