import type { Generator } from "@interfuse/tensor";

/** How the next token is drawn from its logits. */
export interface TokenSampling {
  /** Divides the logits; 0 takes the most likely token and draws nothing. */
  readonly temperature: number;
  /** Draws from the fewest most likely tokens whose probabilities reach this sum (nucleus sampling, arXiv 1904.09751). */
  readonly topP: number;
  /** Never chosen. */
  readonly forbidden: ReadonlySet<number>;
}

/**
 * Chooses the next token from logits [V]. Equal logits: the lower id wins.
 * @throws RangeError when a logit is not a number, or all tokens are forbidden.
 */
export function sampleToken(logits: Float32Array, sampling: TokenSampling, generator: Generator): number {
  const { temperature, topP, forbidden } = sampling;
  if (logits.some(Number.isNaN)) {
    throw new RangeError("sampleToken: logits hold NaN; the model's weights are damaged or its training diverged");
  }
  let best = -1;
  logits.forEach((logit, id) => {
    if (!forbidden.has(id) && (best < 0 || logit > logits[best]!)) {
      best = id;
    }
  });
  if (best < 0) {
    throw new RangeError(`sampleToken: forbidden covers all ${logits.length} tokens; allow at least one`);
  }
  if (temperature === 0) {
    return best;
  }
  const candidates: { id: number; weight: number }[] = [];
  logits.forEach((logit, id) => {
    if (!forbidden.has(id)) {
      candidates.push({ id, weight: Math.exp((logit - logits[best]!) / temperature) });
    }
  });
  candidates.sort((a, b) => b.weight - a.weight || a.id - b.id);
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let nucleus = 0;
  let size = 0;
  do {
    nucleus += candidates[size++]!.weight;
  } while (nucleus < topP * total && size < candidates.length);
  let rest = generator.uniform() * nucleus;
  for (let index = 0; index < size; index++) {
    rest -= candidates[index]!.weight;
    if (rest < 0) {
      return candidates[index]!.id;
    }
  }
  return candidates[size - 1]!.id;
}
