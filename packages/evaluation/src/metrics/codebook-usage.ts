/** How evenly a codebook is used: dead codes and a skewed histogram both waste it. */

/** Keeps the logarithm of an unused code finite, as published code does. */
const EPSILON = 1e-10;

/** What a list of codes tells of its codebook. */
export type CodebookUsage = {
  /** How often each code occurs. */
  readonly counts: Uint32Array;
  /** The share of codes that occur at all (as FSQ's paper counts on a validation set). */
  readonly usage: number;
  /**
   * `exp(-sum p ln(p + 1e-10))`, the number of evenly used codes of the same entropy. Pictures with large flat areas have a low
   * one whatever the codebook: gate on usage.
   */
  readonly perplexity: number;
};

/** @throws RangeError when the codebook has no size, there are no codes, or one is no index of the codebook. */
export function codebookUsage(codes: Iterable<number>, codebookSize: number): CodebookUsage {
  if (!Number.isInteger(codebookSize) || codebookSize < 1) {
    throw new RangeError(`codebookUsage: codebookSize (=${codebookSize}) must be a whole number of at least 1`);
  }
  const counts = new Uint32Array(codebookSize);
  let numCodes = 0;
  for (const code of codes) {
    if (!Number.isInteger(code) || code < 0 || code >= codebookSize) {
      throw new RangeError(
        `codebookUsage: code ${numCodes} (=${code}) must be an index of the codebook of ${codebookSize}`,
      );
    }
    counts[code]! += 1;
    numCodes += 1;
  }
  if (numCodes === 0) throw new RangeError("codebookUsage: there are no codes; encode at least one picture");
  let entropy = 0;
  let numUsed = 0;
  for (const count of counts) {
    const share = count / numCodes;
    entropy -= share * Math.log(share + EPSILON);
    if (count > 0) numUsed += 1;
  }
  return { counts, usage: numUsed / codebookSize, perplexity: Math.exp(entropy) };
}
