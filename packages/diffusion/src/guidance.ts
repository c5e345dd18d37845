/** Classifier-free guidance (arXiv 2207.12598). A scale of 1 is off. */

/** A scale, and the timesteps at which it acts (arXiv 2404.07724); outside them the scale is 1. */
export type Guidance = {
  readonly scale: number;
  /** Acts for `from <= t <= to`. Default [0, 1]. */
  readonly interval?: { readonly from: number; readonly to: number };
};

/**
 * `unconditional + scale * (conditional - unconditional)`, a new array.
 *
 * @throws RangeError when lengths differ or the scale is not finite.
 */
export function guide(conditional: Float32Array, unconditional: Float32Array, scale: number): Float32Array {
  if (conditional.length !== unconditional.length) {
    throw new RangeError(
      `guide: conditional has ${conditional.length} values and unconditional has ${unconditional.length}`,
    );
  }
  if (!Number.isFinite(scale)) throw new RangeError(`guide: scale (=${scale}) must be a number; 1 is off`);
  return unconditional.map((base, i) => base + scale * ((conditional[i] as number) - base));
}

/**
 * The scale at t; where it is 1 the unconditional prediction is not needed.
 *
 * @throws RangeError when t is outside [0, 1], the scale is negative or not finite, or the interval is empty.
 */
export function guidanceScaleAt(t: number, { scale, interval = { from: 0, to: 1 } }: Guidance): number {
  if (!(t >= 0 && t <= 1)) throw new RangeError(`guidanceScaleAt: t (=${t}) must be in [0, 1]; 1 is noise`);
  if (!(scale >= 0 && Number.isFinite(scale))) {
    throw new RangeError(`guidanceScaleAt: scale (=${scale}) must be a number of at least 0; 1 is off`);
  }
  if (!(interval.from <= interval.to)) {
    throw new RangeError(
      `guidanceScaleAt: interval.from (=${interval.from}) must not exceed interval.to (=${interval.to}); t = 1 is noise`,
    );
  }
  return t >= interval.from && t <= interval.to ? scale : 1;
}
