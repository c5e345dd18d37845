/**
 * Running a network's steps on a picture strip by strip: the result of running them whole (to float32 rounding) with
 * memory for a few strips.
 *
 * A strip is computed from as many rows above and below as its result depends on. Group norms need means over the whole
 * picture, so the steps up to a norm are run once to gather them, and all steps once more for the result. What lies before
 * a norm is not computed again where it is small enough to be kept (low resolution, few channels).
 */
// B batch, H height, W width, C channels, G groups
import { type GroupMoments, groupMoments, tf } from "@interfuse/tensor";
import type { NormStep, Runner, Step } from "../convolutional/steps.ts";
import { mergedMoments } from "./moments.ts";
import { clipped, heightAfter, neededRows, type Rows, wantedRows } from "./rows.ts";

/** Sizes of the work. */
export type StripOptions = {
  /** Rows of a strip at the highest resolution that is computed, without those it shares with others. Default 128. */
  readonly stripRows?: number;
  /** Values of the largest activation that is kept whole while norms are gathered. Default 2^27 (512 MiB, half in bf16). */
  readonly keptValues?: number;
};

/** Rows of a picture's activations, and the height of the whole. */
type Strip = Rows & { readonly x_BHWC: tf.Tensor4D; readonly height: number };

type Moments = Map<NormStep, GroupMoments>;

/**
 * A runner in strips. At a time it holds its whole input and result, one activation of `keptValues`, and what a strip
 * takes. Without gradients.
 */
export function inStrips({ stripRows = 128, keptValues = 2 ** 27 }: StripOptions = {}): Runner {
  return (steps, input_BHWC) =>
    tf.tidy(() => {
      const moments: Moments = new Map();
      let start = 0;
      let x_BHWC = input_BHWC;
      steps.forEach((step, index) => {
        const done = steps.slice(start, index + 1);
        const norms = normsOf([step]);
        for (const norm of norms) moments.set(norm, gatherMoments(norm, done, { x_BHWC, moments, stripRows }));
        if (norms.length === 0 || normsOf(steps.slice(index + 1)).length === 0) return;
        const kept = computeUpTo(keptValues, done, { x_BHWC, moments, stripRows });
        if (kept === undefined) return;
        if (x_BHWC !== input_BHWC) x_BHWC.dispose();
        x_BHWC = kept;
        start = index + 1;
      });
      return compute(steps.slice(start), { x_BHWC, moments, stripRows });
    });
}

/** What steps are computed from. */
type Source = { readonly x_BHWC: tf.Tensor4D; readonly moments: Moments; readonly stripRows: number };

/** The whole result of steps, strip by strip. */
function compute(steps: readonly Step[], source: Source): tf.Tensor4D {
  return tf.tidy(() =>
    tf.concat4d(
      [...strips(steps, source)].map(({ x_BHWC }) => x_BHWC),
      1,
    ),
  );
}

/** The same, unless it has more than `maxValues` values, which its first strip tells. */
function computeUpTo(maxValues: number, steps: readonly Step[], source: Source): tf.Tensor4D | undefined {
  return tf.tidy(() => {
    const parts: tf.Tensor4D[] = [];
    for (const { x_BHWC, begin, end, height } of strips(steps, source)) {
      if ((x_BHWC.size / (end - begin)) * height > maxValues) return undefined;
      parts.push(x_BHWC);
    }
    return tf.concat4d(parts, 1);
  });
}

/** Moments of what a norm among `steps` reads. */
function gatherMoments(norm: NormStep, steps: readonly Step[], source: Source): GroupMoments {
  return tf.tidy(() => {
    const parts = [];
    for (const { x_BHWC, begin, end } of strips(stepsBefore(norm, steps), source)) {
      parts.push({ ...groupMoments(x_BHWC, norm.groups), numRows: end - begin });
      x_BHWC.dispose();
    }
    return mergedMoments(parts);
  });
}

/** Computes steps strip after strip; each strip's tensor is the caller's. */
function* strips(steps: readonly Step[], { x_BHWC, moments, stripRows }: Source): Generator<Strip> {
  const inputHeight = x_BHWC.shape[1];
  const heights = steps.map((_, index) => heightAfter(steps.slice(0, index + 1), inputHeight));
  const height = heights.at(-1) ?? inputHeight;
  const numRows = Math.max(1, Math.floor((stripRows * height) / Math.max(inputHeight, ...heights)));
  const whole: Strip = { x_BHWC, begin: 0, end: inputHeight, height: inputHeight };
  for (let begin = 0; begin < height; begin += numRows) {
    const rows = { begin, end: Math.min(begin + numRows, height) };
    yield tf.tidy(() => cropped(runSteps(steps, whole, { rows, moments }), rows));
  }
}

/** What is wanted of a strip, and the moments of the norms on the way. */
type Wanted = { readonly rows: Rows; readonly moments: Moments };

function runSteps(steps: readonly Step[], input: Strip, { rows, moments }: Wanted): Strip {
  const wanted = wantedRows(steps, input.height, rows);
  return steps.reduce<Strip>((strip, step, index) => {
    const next = tf.tidy(() => runStep(step, strip, { rows: wanted[index] as Rows, moments }));
    if (strip !== input) strip.x_BHWC.dispose();
    return next;
  }, input);
}

/** At least the wanted rows of a step's output. */
function runStep(step: Step, input: Strip, { rows, moments }: Wanted): Strip {
  const height = heightAfter([step], input.height);
  switch (step.kind) {
    case "local": {
      const needed = neededRows(step, rows);
      const inside = clipped(needed, input.height);
      const padding = { top: inside.begin - needed.begin, bottom: needed.end - inside.end };
      const x_BHWC = step.run(cropped(input, inside).x_BHWC, padding);
      const begin = step.scale === 2 ? 2 * (needed.begin + step.above) : rows.begin;
      return { x_BHWC, begin, end: begin + x_BHWC.shape[1], height };
    }
    case "norm":
      return { ...rows, height, x_BHWC: step.runWith(cropped(input, rows).x_BHWC, moments.get(step) as GroupMoments) };
    case "sum": {
      const [first, second] = step.branches.map(
        (branch) => cropped(runSteps(branch, input, { rows, moments }), rows).x_BHWC,
      ) as [tf.Tensor4D, tf.Tensor4D];
      return { ...rows, height, x_BHWC: first.add(second) };
    }
    case "global":
      throw new RangeError("inStrips: a network with attention cannot be computed in strips; use tiles");
  }
}

/** Some of a strip's rows, as a tensor of its own. */
function cropped({ x_BHWC, begin, height }: Strip, rows: Rows): Strip {
  const [batch, numRows, width, channels] = x_BHWC.shape;
  if (numRows === rows.end - rows.begin) return { ...rows, height, x_BHWC: x_BHWC.clone() };
  const size: [number, number, number, number] = [batch, rows.end - rows.begin, width, channels];
  return { ...rows, height, x_BHWC: x_BHWC.slice([0, rows.begin - begin, 0, 0], size) };
}

/** All norms, in the order in which they can be gathered. */
function normsOf(steps: readonly Step[]): NormStep[] {
  return steps.flatMap((step) => {
    if (step.kind === "norm") return [step];
    return step.kind === "sum" ? step.branches.flatMap(normsOf) : [];
  });
}

/** The steps that make what `norm`, one of `steps` or inside one, reads. */
function stepsBefore(norm: NormStep, steps: readonly Step[]): readonly Step[] {
  const index = steps.findIndex((step) => normsOf([step]).includes(norm));
  const step = steps[index] as Step;
  const before = steps.slice(0, index);
  if (step.kind !== "sum") return before;
  const branch = step.branches.find((steps) => normsOf(steps).includes(norm)) as readonly Step[];
  return [...before, ...stepsBefore(norm, branch)];
}
