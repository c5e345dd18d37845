import type { SquareMatrix } from "./symmetric-eigen.ts";

/**
 * Solves `A X = B` for a symmetric positive definite A (of which the lower triangle is read) by its Cholesky factor.
 *
 * @param right B, row-major, `size * numColumns`.
 * @returns X, of B's shape.
 * @throws RangeError when A is not positive definite.
 */
export function choleskySolve({ size, values }: SquareMatrix, right: Float64Array, numColumns: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = values[i * size + j] as number;
      for (let k = 0; k < j; k++) rest -= (lower[i * size + k] as number) * (lower[j * size + k] as number);
      if (i !== j) lower[i * size + j] = rest / (lower[j * size + j] as number);
      else if (rest > 0) lower[i * size + i] = Math.sqrt(rest);
      else
        throw new RangeError(
          `choleskySolve: pivot ${i} (=${rest}) must be above 0; the matrix is not positive definite`,
        );
    }
  }
  const solution = right.slice();
  const eliminate = (i: number, k: number, factor: number) => {
    for (let c = 0; c < numColumns; c++) {
      solution[i * numColumns + c]! -= factor * (solution[k * numColumns + c] as number);
    }
  };
  const divide = (i: number) => {
    for (let c = 0; c < numColumns; c++) solution[i * numColumns + c]! /= lower[i * size + i] as number;
  };
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) eliminate(i, k, lower[i * size + k] as number);
    divide(i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) eliminate(i, k, lower[k * size + i] as number);
    divide(i);
  }
  return solution;
}
