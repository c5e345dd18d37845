/** Confidence interval of a share, such as an accuracy (Wilson, 1927): sound also near 0 and 1 and for few cases. */

/**
 * The interval that holds the true share with 95% confidence (`z` = 1.96).
 *
 * @throws RangeError when there are no cases, more right ones than cases, a number is not whole, or `z` is not above 0.
 */
export function wilsonInterval(numRight: number, numCases: number, z = 1.96): { low: number; high: number } {
  if (![numRight, numCases].every(Number.isInteger) || numCases < 1 || numRight < 0 || numRight > numCases) {
    throw new RangeError(
      `wilsonInterval: numRight (=${numRight}) must be from 0 to numCases (=${numCases}), both whole, the latter above 0`,
    );
  }
  if (!(z > 0 && Number.isFinite(z))) throw new RangeError(`wilsonInterval: z (=${z}) must be a number above 0`);
  const share = numRight / numCases;
  const spread = z * Math.sqrt((share * (1 - share)) / numCases + (z * z) / (4 * numCases * numCases));
  const middle = share + (z * z) / (2 * numCases);
  const scale = 1 + (z * z) / numCases;
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}
