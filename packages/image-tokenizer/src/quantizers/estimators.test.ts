import { Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { rotateTo, straightThrough } from "./estimators.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** The result, and the gradient of its sum. */
function run(estimate: typeof rotateTo, latents: tf.Tensor2D, codes: tf.Tensor2D) {
  const { outputs, gradients } = valueAndGrads(
    () => {
      const result = estimate(latents, codes);
      return { loss: result.sum(), result };
    },
    new Map([
      ["latents", latents],
      ["codes", codes],
    ]),
  );
  return { result: outputs.result, latents: gradients.get("latents")!, codes: gradients.get("codes")! };
}

describe.each([straightThrough, rotateTo])("%o", (estimate) => {
  it("gives exactly the codes, and no gradient to them", () => {
    const generator = new Generator(1);
    const latents = tf.tensor2d(generator.normalArray(40), [10, 4]);
    const codes = tf.tensor2d(generator.normalArray(40), [10, 4]);
    const { result, codes: gradient } = run(estimate, latents, codes);
    expect(result.dataSync()).toEqual(codes.dataSync());
    expect(gradient.dataSync().every((value) => value === 0)).toBe(true);
  });

  it("stays finite for vectors of length 0 and opposite ones, and lets a NaN through", () => {
    const latents = tf.tensor2d([0, 0, 1, -2, 3, 4, Number.NaN, 0], [4, 2]);
    const codes = tf.tensor2d([1, 2, -1, 2, 0, 0, 1, 1], [4, 2]);
    const { result, latents: gradient } = run(estimate, latents, codes);
    expect([...result.dataSync()].slice(0, 6)).toEqual([1, 2, -1, 2, 0, 0]);
    expect(gradient.dataSync().slice(0, 6).every(Number.isFinite)).toBe(true);
    expect(result.dataSync()[6]).toBeNaN();
  });
});
