/**
 * Eigenvalues and eigenvectors of a real symmetric matrix, in double precision on the host: Householder reflections to
 * tridiagonal form, then the QL iteration with implicit shifts (Golub and Van Loan, Matrix Computations, 8.3). O(n^3); about
 * a second for 512 rows.
 */

/** Row-major, `size * size`. */
export type SquareMatrix = { readonly size: number; readonly values: Float64Array };

/** `matrix = sum over i of eigenvalues[i] * v_i v_i^T`, v_i being row i of `vectors`; in no particular order. */
export type SymmetricEigen = { readonly eigenvalues: Float64Array; readonly vectors: Float64Array };

const MAX_ITERATIONS = 60;

/**
 * Decomposes a symmetric matrix, of which the lower triangle is read.
 *
 * @throws RangeError when an entry is not finite.
 */
export function symmetricEigen({ size, values }: SquareMatrix): SymmetricEigen {
  if (values.some((value) => !Number.isFinite(value))) {
    throw new RangeError("symmetricEigen: an entry of the matrix is not finite; look for NaN in what it was made from");
  }
  const { diagonal, offDiagonal, vectors } = tridiagonalise(values, size);
  iterate({ diagonal, offDiagonal, vectors, size });
  return { eigenvalues: diagonal, vectors };
}

/** `Q^T A Q` tridiagonal; row i of `vectors` is column i of Q. `offDiagonal[i]` couples i and i + 1. */
function tridiagonalise(symmetric: Float64Array, size: number) {
  const a = symmetric.slice();
  for (let row = 0; row < size; row++) {
    for (let column = row + 1; column < size; column++) a[row * size + column] = a[column * size + row] as number;
  }
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  const reflector = new Float64Array(size);
  const update = new Float64Array(size);
  for (let k = 0; k < size - 2; k++) {
    if (!makeReflector(a, { k, size, reflector })) continue;
    // a <- H a H with H = I - 2 v v^T, as a - v w^T - w v^T with w = 2 (a v - (v . a v) v).
    let projection = 0;
    for (let i = k; i < size; i++) {
      let sum = 0;
      for (let j = k + 1; j < size; j++) sum += (a[i * size + j] as number) * (reflector[j] as number);
      update[i] = sum;
      projection += sum * (reflector[i] as number);
    }
    for (let i = k; i < size; i++) update[i] = 2 * ((update[i] as number) - projection * (reflector[i] as number));
    for (let i = k; i < size; i++) {
      for (let j = k; j < size; j++) {
        a[i * size + j]! -=
          (reflector[i] as number) * (update[j] as number) + (update[i] as number) * (reflector[j] as number);
      }
    }
    reflectRows(vectors, { k, size, reflector });
  }
  const diagonal = Float64Array.from({ length: size }, (_, i) => a[i * size + i] as number);
  const offDiagonal = Float64Array.from({ length: size }, (_, i) =>
    i + 1 < size ? (a[(i + 1) * size + i] as number) : 0,
  );
  return { diagonal, offDiagonal, vectors };
}

type Reflection = { readonly k: number; readonly size: number; readonly reflector: Float64Array };

/** Fills the unit vector v that maps column k below the diagonal to its first entry; false when there is nothing to do. */
function makeReflector(a: Float64Array, { k, size, reflector }: Reflection): boolean {
  let norm = 0;
  for (let i = k + 1; i < size; i++) norm = Math.hypot(norm, a[i * size + k] as number);
  if (norm === 0) return false;
  reflector.fill(0);
  for (let i = k + 1; i < size; i++) reflector[i] = (a[i * size + k] as number) / norm;
  const first = reflector[k + 1] as number;
  reflector[k + 1] = first + (first < 0 ? -1 : 1);
  const length = Math.sqrt(2 + 2 * Math.abs(first));
  for (let i = k + 1; i < size; i++) reflector[i]! /= length;
  return true;
}

/** `rows <- H rows`. */
function reflectRows(rows: Float64Array, { k, size, reflector }: Reflection): void {
  const sum = new Float64Array(size);
  for (let j = k + 1; j < size; j++) {
    const weight = 2 * (reflector[j] as number);
    for (let column = 0; column < size; column++) sum[column]! += weight * (rows[j * size + column] as number);
  }
  for (let j = k + 1; j < size; j++) {
    const weight = reflector[j] as number;
    for (let column = 0; column < size; column++) rows[j * size + column]! -= weight * (sum[column] as number);
  }
}

type Tridiagonal = {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
  readonly vectors: Float64Array;
  readonly size: number;
};

/** Turns the diagonal into eigenvalues, and the rows of `vectors` along. */
function iterate(matrix: Tridiagonal): void {
  const { diagonal, offDiagonal, size } = matrix;
  for (let first = 0; first < size; first++) {
    for (let iteration = 0; ; iteration++) {
      let last = first;
      while (last < size - 1) {
        const scale = Math.abs(diagonal[last] as number) + Math.abs(diagonal[last + 1] as number);
        if (Math.abs(offDiagonal[last] as number) <= Number.EPSILON * scale) break;
        last += 1;
      }
      if (last === first) break;
      if (iteration === MAX_ITERATIONS) throw new Error("symmetricEigen: the iteration does not converge");
      sweep(matrix, first, last);
    }
  }
}

/** One QL step with Wilkinson's shift on rows `first` to `last`, chasing the bulge upwards. */
function sweep({ diagonal, offDiagonal, vectors, size }: Tridiagonal, first: number, last: number): void {
  const coupling = offDiagonal[first] as number;
  const half = ((diagonal[first + 1] as number) - (diagonal[first] as number)) / (2 * coupling);
  const root = half + (half < 0 ? -1 : 1) * Math.hypot(half, 1);
  let carried = (diagonal[last] as number) - (diagonal[first] as number) + coupling / root;
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const bulge = sine * (offDiagonal[i] as number);
    const rest = cosine * (offDiagonal[i] as number);
    const length = Math.hypot(bulge, carried);
    offDiagonal[i + 1] = length;
    if (length === 0) {
      // The matrix falls apart here: undo the shift and start over with the smaller part.
      diagonal[i + 1]! -= shift;
      offDiagonal[last] = 0;
      return;
    }
    [sine, cosine] = [bulge / length, carried / length];
    const shifted = (diagonal[i + 1] as number) - shift;
    const turned = ((diagonal[i] as number) - shifted) * sine + 2 * cosine * rest;
    shift = sine * turned;
    diagonal[i + 1] = shifted + shift;
    carried = cosine * turned - rest;
    for (let column = 0; column < size; column++) {
      const upper = vectors[i * size + column] as number;
      const lower = vectors[(i + 1) * size + column] as number;
      vectors[(i + 1) * size + column] = sine * upper + cosine * lower;
      vectors[i * size + column] = cosine * upper - sine * lower;
    }
  }
  diagonal[first]! -= shift;
  offDiagonal[first] = carried;
  offDiagonal[last] = 0;
}
