import { Generator } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { type QuantizerConfigInput, resolveQuantizerConfig } from "./config.ts";
import { quantizerFromConfig } from "./from-config.ts";

const inputs: QuantizerConfigInput[] = [
  { type: "vector", numCodes: 8, dim: 4 },
  { type: "vector", numCodes: 8, dim: 4, learning: "ema", revivalThreshold: 0.5 },
  { type: "vector", numCodes: 8, dim: 4, learning: "linear" },
  { type: "finite-scalar", levels: [8, 6, 5] },
  { type: "lookup-free", dim: 4 },
  { type: "residual", numStages: 2, stage: { type: "vector", numCodes: 8, dim: 4 } },
  { type: "multi-scale", numCodes: 8, dim: 4, scales: [1, [2, 3], [4, 6]] },
];

describe("resolveQuantizerConfig", () => {
  it.each(inputs)("fills in $type, again without change, and makes what it names", (input) => {
    const config = resolveQuantizerConfig(input);
    expect(resolveQuantizerConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
    const quantizer = quantizerFromConfig(config, new Generator(1));
    expect(quantizer.config).toEqual(config);
    quantizer.dispose();
  });

  it("fills in what the papers use", () => {
    const residual = resolveQuantizerConfig<"residual">(inputs[5] as QuantizerConfigInput<"residual">);
    expect(residual.minStages).toBe(2);
    expect(residual.stage).toMatchObject({ learning: "gradient", commitmentWeight: 0.25, decay: 0.8 });
    const multiScale = resolveQuantizerConfig<"multi-scale">(inputs[6] as QuantizerConfigInput<"multi-scale">);
    expect(multiScale.scales).toEqual([
      [1, 1],
      [2, 3],
      [4, 6],
    ]);
  });

  it("names what is wrong", () => {
    const resolve = (input: object) => () => resolveQuantizerConfig(input as unknown);
    expect(resolve({ type: "vq" })).toThrow('type (="vq") must be one of "vector", "finite-scalar"');
    expect(() => resolveQuantizerConfig(undefined as unknown)).toThrow("type (=undefined)");
    expect(resolve({ type: "toString" })).toThrow(TypeError);
    expect(resolve({ type: "vector", numCodes: 0, dim: 4 })).toThrow("numCodes (=0): ");
    expect(resolve({ type: "finite-scalar", levels: [8, 1] })).toThrow("levels.1 (=1): ");
    expect(resolve({ type: "finite-scalar", levels: [8, 1001] })).toThrow("levels.1 (=1001): ");
    expect(resolve({ type: "vector", numCodes: 4, dim: 4, beta: 1 })).toThrow("beta");
    expect(resolve({ ...inputs[2], revivalThreshold: 1 })).toThrow("revivalThreshold must be 0");
    expect(resolve({ type: "finite-scalar", levels: [8, 2], bound: "wide" })).toThrow("levels ([8,2])");
    expect(resolve({ type: "finite-scalar", levels: [1000, 1000, 5] })).toThrow("make 5000000 codes; at most 4194304");
    expect(resolve({ ...inputs[5], minStages: 3 })).toThrow("minStages (=3) must be at most numStages (=2)");
    const stage = { type: "vector", numCodes: 8, dim: 4, useL2Norm: true };
    expect(resolve({ ...inputs[5], stage })).toThrow("stage.useL2Norm must be false");
    expect(resolve({ ...inputs[6], scales: [8, 4] })).toThrow("8x8 is larger than the last scale, 4x4");
  });
});
