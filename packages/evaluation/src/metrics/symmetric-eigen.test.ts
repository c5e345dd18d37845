import { Generator } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { choleskySolve } from "./cholesky-solve.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/** `X X^T` of normal X with `rank` columns. */
function randomMatrix(size: number, rank: number, seed: number): Float64Array {
  const x = new Generator(seed).normalArray(size * rank);
  return Float64Array.from({ length: size * size }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum += (x[Math.floor(i / size) * rank + k] as number) * (x[(i % size) * rank + k] as number);
    return sum;
  });
}

describe("symmetricEigen", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 1],
    [10, 10],
    [24, 7],
    [65, 65],
  ])("puts a matrix of %d rows and rank %d together again from orthonormal vectors", (size, rank) => {
    const values = randomMatrix(size, rank, 10 * size + rank);
    const { eigenvalues, vectors } = symmetricEigen({ size, values });
    const largest = Math.max(...eigenvalues);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let [entry, product] = [0, 0];
        for (let k = 0; k < size; k++) {
          const pair = (vectors[k * size + i] as number) * (vectors[k * size + j] as number);
          entry += (eigenvalues[k] as number) * pair;
          product += (vectors[i * size + k] as number) * (vectors[j * size + k] as number);
        }
        expect(Math.abs(entry - (values[i * size + j] as number)) / largest).toBeLessThan(1e-12);
        expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
    }
    expect([...eigenvalues].filter((value) => value > 1e-10 * largest)).toHaveLength(rank);
  });

  it("finds the eigenvalues of a chain, 2 - 2 cos(k pi / (n + 1)), whatever stands above the diagonal", () => {
    const size = 12;
    const values = Float64Array.from({ length: size * size }, (_, i) => {
      const [row, column] = [Math.floor(i / size), i % size];
      if (row === column) return 2;
      return row === column + 1 ? -1 : row < column ? 99 : 0;
    });
    const found = [...symmetricEigen({ size, values }).eigenvalues].sort((a, b) => a - b);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((i + 1) * Math.PI) / (size + 1)), 12);
    });
  });

  it("copes with diagonal, zero and indefinite matrices, and refuses NaN", () => {
    const eigenvalues = (values: number[]) =>
      [...symmetricEigen({ size: Math.sqrt(values.length), values: Float64Array.from(values) }).eigenvalues].sort();
    expect(eigenvalues([3, 0, 0, 0, 1, 0, 0, 0, 2])).toEqual([1, 2, 3]);
    expect(eigenvalues([0, 0, 0, 0])).toEqual([0, 0]);
    const [low, high] = eigenvalues([0, 1, 1, 0]).sort((a, b) => a - b);
    expect(low).toBeCloseTo(-1, 12);
    expect(high).toBeCloseTo(1, 12);
    expect(() => eigenvalues([Number.NaN])).toThrow(/not finite/);
  });
});

describe("choleskySolve", () => {
  it("solves for several right sides", () => {
    const size = 9;
    const values = randomMatrix(size, 20, 3);
    const right = Float64Array.from(new Generator(4).normalArray(size * 2));
    const solution = choleskySolve({ size, values }, right, 2);
    for (let i = 0; i < size; i++) {
      for (let c = 0; c < 2; c++) {
        let sum = 0;
        for (let k = 0; k < size; k++) sum += (values[i * size + k] as number) * (solution[k * 2 + c] as number);
        expect(sum).toBeCloseTo(right[i * 2 + c] as number, 10);
      }
    }
    expect(() => choleskySolve({ size: 1, values: new Float64Array([-1]) }, new Float64Array(1), 1)).toThrow(
      /pivot 0 \(=-1\)/,
    );
  });
});
