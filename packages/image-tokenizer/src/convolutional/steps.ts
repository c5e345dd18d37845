/**
 * What a convolutional network does, step by step, so that one description serves two ways of running it: on whole
 * pictures ({@link runWhole}, with gradients) and on strips of pictures that memory does not hold (`large/`).
 */
// B batch, H height, W width, C channels, G groups
import { type GroupMoments, tf } from "@interfuse/tensor";

/** Rows of zeros above and below a picture. */
export type RowPadding = { readonly top: number; readonly bottom: number };

/**
 * A step whose output depends on nearby rows only: rows `[a, b)` of the output need rows
 * `[a / scale - above, b / scale + below)` of the input (rounded outwards), where rows outside the picture are zeros.
 */
export type LocalStep = {
  readonly kind: "local";
  /** Output height over input height. */
  readonly scale: 0.5 | 1 | 2;
  readonly above: number;
  readonly below: number;
  /**
   * Maps `[B, H, W, C]`; `padding` stands for the needed rows that lie outside the picture. A step that `adds` takes something
   * to add to its result.
   */
  readonly run: (x_BHWC: tf.Tensor4D, padding: RowPadding, addend_BHWC?: tf.Tensor4D) => tf.Tensor4D;
  /** Default false. */
  readonly adds?: true;
};

/** A step that needs means over the whole picture first. */
export type NormStep = {
  readonly kind: "norm";
  readonly groups: number;
  readonly run: (x_BHWC: tf.Tensor4D) => tf.Tensor4D;
  /** As `run`, for a part of a picture whose moments are known. */
  readonly runWith: (x_BHWC: tf.Tensor4D, moments: GroupMoments) => tf.Tensor4D;
};

/** A step in which every pixel may depend on every other. */
export type GlobalStep = { readonly kind: "global"; readonly run: (x_BHWC: tf.Tensor4D) => tf.Tensor4D };

/** The sum of what two branches make of the same input; an empty branch is the input itself. */
export type SumStep = { readonly kind: "sum"; readonly branches: readonly [readonly Step[], readonly Step[]] };

/** One step of a network. */
export type Step = LocalStep | NormStep | GlobalStep | SumStep;

/** How to run the steps of a network on a batch of pictures. */
export type Runner = (steps: readonly Step[], x_BHWC: tf.Tensor4D) => tf.Tensor4D;

/** A step that changes each pixel by itself, or squares of 2 x 2 pixels to one (scale 0.5) or the reverse (2). */
export function pixelwise(scale: LocalStep["scale"], run: (x_BHWC: tf.Tensor4D) => tf.Tensor4D): LocalStep {
  return { kind: "local", scale, above: 0, below: 0, run };
}

/** Whether a step sees whole pictures. Those inside of sums are not looked for: no network has any there. */
export function hasGlobalSteps(steps: readonly Step[]): boolean {
  return steps.some(({ kind }) => kind === "global");
}

/** Runs the steps one after the other on whole pictures. What a step read is freed as soon as it is done. */
export const runWhole: Runner = (steps, input_BHWC) =>
  steps.reduce<tf.Tensor4D>((x_BHWC, step) => {
    const y_BHWC = tf.tidy(() => runStep(step, x_BHWC));
    if (x_BHWC !== input_BHWC) x_BHWC.dispose();
    return y_BHWC;
  }, input_BHWC);

function runStep(step: Step, x_BHWC: tf.Tensor4D): tf.Tensor4D {
  switch (step.kind) {
    case "local":
      return step.run(x_BHWC, { top: step.above, bottom: step.below });
    case "norm":
    case "global":
      return step.run(x_BHWC);
    case "sum":
      return runAdding(step.branches[1], x_BHWC, runWhole(step.branches[0], x_BHWC));
  }
}

/** What the steps make of a picture, plus something that the last of them adds where it can. */
function runAdding(steps: readonly Step[], x_BHWC: tf.Tensor4D, addend_BHWC: tf.Tensor4D): tf.Tensor4D {
  const last = steps.at(-1);
  if (last?.kind !== "local" || !last.adds) return runWhole(steps, x_BHWC).add(addend_BHWC);
  return last.run(runWhole(steps.slice(0, -1), x_BHWC), { top: last.above, bottom: last.below }, addend_BHWC);
}
