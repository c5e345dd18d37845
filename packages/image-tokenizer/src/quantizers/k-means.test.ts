import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { kMeans } from "./k-means.ts";
import { normalizeLastAxis } from "./normalize.ts";
import { randomRows } from "./random-rows.ts";

const [numVectors, numCodes, dim] = [200, 8, 3];

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** Lloyd's algorithm with loops, in double precision. */
function lloyd(vectors: number[][], start: number[][], isSpherical: boolean): { centres: number[][]; sizes: number[] } {
  let centres = start;
  let sizes: number[] = [];
  for (let iteration = 0; iteration < 10; iteration++) {
    const sums = start.map((row) => row.map(() => 0));
    sizes = start.map(() => 0);
    for (const vector of vectors) {
      const distances = centres.map((centre) => centre.reduce((sum, x, i) => sum + (x - vector[i]!) ** 2, 0));
      const nearest = distances.indexOf(Math.min(...distances));
      sizes[nearest]! += 1;
      vector.forEach((x, i) => {
        sums[nearest]![i]! += x;
      });
    }
    centres = sums.map((sum, code) => {
      if (sizes[code] === 0) return centres[code]!;
      const length = isSpherical ? Math.hypot(...sum) : sizes[code]!;
      return sum.map((x) => x / length);
    });
  }
  return { centres, sizes };
}

describe("kMeans", () => {
  it.each([false, true])("equals the algorithm written with loops (spherical: %s)", (isSpherical) => {
    const drawn = tf.tensor2d(new Generator(1).normalArray(numVectors * dim), [numVectors, dim]);
    const vectors = isSpherical ? normalizeLastAxis(drawn) : drawn;
    // On the sphere every centre has vectors; elsewhere the last has none.
    const last = isSpherical ? vectors.slice([numCodes, 0], [1, dim]) : tf.fill<tf.Rank.R2>([1, dim], 99);
    const start = tf.concat2d([vectors.slice([0, 0], [numCodes - 1, dim]), last], 0);
    const numTensors = tf.memory().numTensors;
    const { centres_KC, sizes_K } = kMeans(vectors, start, { isSpherical });
    expect(tf.memory().numTensors - numTensors).toBe(2);
    const expected = lloyd(vectors.arraySync(), start.arraySync(), isSpherical);
    expect([...sizes_K.dataSync()]).toEqual(expected.sizes);
    expect(expected.sizes.includes(0)).toBe(!isSpherical);
    expected.centres.flat().forEach((value, i) => {
      expect(centres_KC.dataSync()[i]).toBeCloseTo(value, 4);
    });
  });
});

describe("randomRows", () => {
  it("are distinct while there are enough, and come round again after", () => {
    const vectors = tf.range(0, 10).expandDims(1) as tf.Tensor2D;
    const drawn = [...randomRows(vectors, 25, new Generator(3)).dataSync()];
    for (const round of [drawn.slice(0, 10), drawn.slice(10, 20)]) expect(new Set(round).size).toBe(10);
    expect(new Set(drawn.slice(20)).size).toBe(5);
    expect(drawn.slice(0, 10)).not.toEqual([...vectors.dataSync()]);
    expect([...randomRows(vectors, 25, new Generator(3)).dataSync()]).toEqual(drawn);
  });
});
