/** Fused ops over nothing: no rows, no images, no pixels, no outputs. The kernels give what the portable definitions give. */
import { useBackend, withPortableOps } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";
import {
  attentionCase,
  conv2dCase,
  crossEntropyCase,
  embeddingCase,
  groupNormCase,
  linearCase,
  rmsNormCase,
  swigluCase,
} from "./cases.ts";
import { expectClose, randomInputs, runCase } from "./helpers.ts";

const image = { batch: 2, height: 3, width: 3, channels: 4 };
const padding: [[number, number], [number, number]] = [
  [1, 1],
  [1, 1],
];
const convolution = { kernel: [3, 3] as [number, number], outputs: 4, strides: [1, 1] as [number, number], padding };

const cases = [
  linearCase(0, 3, 2, true),
  linearCase(2, 3, 0, false),
  linearCase(2, 0, 3, true),
  rmsNormCase(0, 4),
  swigluCase(0, 4),
  attentionCase("of no queries", [], { heads: 2, kvHeads: 1, headDim: 4, keys: 3 }),
  embeddingCase(3, 4, []),
  crossEntropyCase(5, []),
  groupNormCase({ ...image, batch: 0 }, 2, "none"),
  conv2dCase({ ...image, batch: 0 }, { ...convolution, groups: 1, useBias: true }),
  conv2dCase({ ...image, channels: 0 }, { ...convolution, groups: 1, useBias: true }),
  conv2dCase(image, { ...convolution, outputs: 0, groups: 1, useBias: false }),
];

describe.skipIf((await torchUnavailable()) !== undefined).each(["f32", "bf16"] as const)("in %s", (precision) => {
  beforeAll(async () => {
    await useBackend({ backend: "torch", precision, threads: 1 });
  });

  it.each(cases)("$name", async (opCase) => {
    const inputs = randomInputs(opCase);
    const fused = await runCase(opCase, inputs);
    const portable = await withPortableOps(() => runCase(opCase, inputs));
    const tolerance = precision === "f32" ? 1e-5 : 3e-2;
    expectClose(fused.y, portable.y, tolerance);
    for (const [name, gradient] of Object.entries(portable.gradients)) {
      expectClose(fused.gradients[name]!, gradient, tolerance);
    }
  });

  // TensorFlow.js has no gradient where a mean of nothing is broadcast.
  it.each([
    { ...image, height: 0 },
    { ...image, channels: 0 },
  ])("groupNorm of no values, $height x $width x $channels", async (size) => {
    const opCase = groupNormCase(size, 2, "silu");
    const { y, gradients } = await runCase(opCase, randomInputs(opCase));
    const zeros = new Float32Array(size.channels);
    expect({ y, ...gradients }).toEqual({
      y: new Float32Array(),
      x: new Float32Array(),
      weight: zeros,
      bias: zeros,
    });
  });
});
