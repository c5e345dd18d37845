import { expect, it } from "vitest";
import { computeWarning } from "./compute.ts";

const saved = { backend: "torch", device: "cpu", precision: "bf16", threads: 8 };

it("what computes is named where it is not what computed the checkpoint", () => {
  expect(computeWarning(saved, { ...saved, precision: "f32", threads: 2 })).toMatch(
    /^resuming with other arithmetic \(precision: bf16 -> f32, threads: 8 -> 2\); .* not bit for bit/,
  );
  expect(computeWarning(saved, saved)).toBeUndefined();
  // Checkpoints of earlier versions do not say.
  expect(computeWarning({}, saved)).toBeUndefined();
});
