/** Means over random seeds, with intervals that hold for as few as two of them. */

/** Two-sided 95% quantiles of Student's t by degrees of freedom, from 1. */
const T_QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** A mean; `halfWidth` of its 95% interval is undefined for a single value. */
export type Estimate = { readonly mean: number; readonly halfWidth: number | undefined; readonly count: number };

/** Mean and t-interval. @throws RangeError for no values, or more than 11. */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0 || count > T_QUANTILES.length + 1) {
    throw new RangeError(`estimate: values (${count}) must be 1 to ${T_QUANTILES.length + 1}`);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, halfWidth: undefined, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, halfWidth: (T_QUANTILES[count - 2] as number) * Math.sqrt(variance / count), count };
}

/** The estimate as text, `28.13 ± 0.21`. */
export function formatEstimate({ mean, halfWidth }: Estimate, format: (value: number) => string): string {
  return halfWidth === undefined ? format(mean) : `${format(mean)} ± ${format(halfWidth)}`;
}
