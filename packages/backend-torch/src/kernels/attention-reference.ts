/** Attention over key ranges by plain loops in float64: what the tests compare the kernels with. Not exported from the package. */
// L queries, S keys, N query heads, G key/value heads, K head dim

export interface AttentionShape {
  readonly L: number;
  readonly S: number;
  readonly N: number;
  readonly G: number;
  readonly K: number;
  readonly keyRanges: Int32Array;
  readonly scale: number;
}

interface Operands {
  readonly query: Float32Array;
  readonly key: Float32Array;
  readonly value: Float32Array;
}

function visibleKeys(keyRanges: Int32Array, row: number): number[] {
  const [a0 = 0, a1 = 0, b0 = 0, b1 = 0] = keyRanges.subarray(4 * row, 4 * row + 4);
  const keys: number[] = [];
  for (let key = a0; key < a1; key++) keys.push(key);
  for (let key = b0; key < b1; key++) keys.push(key);
  return keys;
}

/** The part number `index` of `array` in parts of `size`: row `r` and head `n` of N are part `r * N + n`. */
function part(array: Float32Array, index: number, size: number): Float32Array {
  return array.subarray(index * size, (index + 1) * size);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Probabilities of one query and head over its visible keys. */
function probabilities(
  { query, key }: Operands,
  shape: AttentionShape,
  row: number,
  n: number,
): { keys: number[]; p: number[]; lse: number } {
  const { N, G, K } = shape;
  const keys = visibleKeys(shape.keyRanges, row);
  const scores = keys.map(
    (j) => shape.scale * dot(part(query, row * N + n, K), part(key, j * G + Math.floor((n * G) / N), K)),
  );
  const lse = keys.length === 0 ? 0 : Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0));
  return { keys, p: scores.map((s) => Math.exp(s - lse)), lse };
}

/** Output [L, N, K] and logSumExp [L, N]. */
export function attentionReference(
  operands: Operands,
  shape: AttentionShape,
): { output: number[]; logSumExp: number[] } {
  const { L, N, G, K } = shape;
  const output = new Array<number>(L * N * K).fill(0);
  const logSumExp: number[] = [];
  for (let row = 0; row < L; row++) {
    for (let n = 0; n < N; n++) {
      const { keys, p, lse } = probabilities(operands, shape, row, n);
      logSumExp.push(lse);
      for (const [i, j] of keys.entries()) {
        const value = part(operands.value, j * G + Math.floor((n * G) / N), K);
        for (let k = 0; k < K; k++)
          output[(row * N + n) * K + k] =
            (output[(row * N + n) * K + k] as number) + (p[i] as number) * (value[k] as number);
      }
    }
  }
  return { output, logSumExp };
}

/** Gradients of sum(dy * output). */
export function attentionGradReference(
  operands: Operands,
  dy: Float32Array,
  shape: AttentionShape,
): Record<keyof Operands, number[]> {
  const { L, S, N, G, K, scale } = shape;
  const gradients = {
    query: new Array<number>(L * N * K).fill(0),
    key: new Array<number>(S * G * K).fill(0),
    value: new Array<number>(S * G * K).fill(0),
  };
  const add = (to: number[], offset: number, from: ArrayLike<number>, factor: number): void => {
    for (let k = 0; k < K; k++) to[offset + k] = (to[offset + k] as number) + factor * (from[k] as number);
  };
  for (let row = 0; row < L; row++) {
    for (let n = 0; n < N; n++) {
      const g = Math.floor((n * G) / N);
      const { keys, p } = probabilities(operands, shape, row, n);
      const gradient = part(dy, row * N + n, K);
      const dp = keys.map((j) => dot(gradient, part(operands.value, j * G + g, K)));
      const mean = dot(p, dp);
      for (const [i, j] of keys.entries()) {
        const ds = (p[i] as number) * ((dp[i] as number) - mean) * scale;
        add(gradients.query, (row * N + n) * K, part(operands.key, j * G + g, K), ds);
        add(gradients.key, (j * G + g) * K, part(operands.query, row * N + n, K), ds);
        add(gradients.value, (j * G + g) * K, gradient, p[i] as number);
      }
    }
  }
  return gradients;
}
