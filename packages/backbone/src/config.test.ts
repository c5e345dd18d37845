import { describe, expect, it } from "vitest";
import { resolveBackboneConfig } from "./config.ts";

describe("resolveBackboneConfig", () => {
  const sizes = { modelDim: 48, numLayers: 2, numHeads: 6 };

  it("derives what is left out, and is idempotent", () => {
    const config = resolveBackboneConfig(sizes);
    expect(config).toEqual({
      ...sizes,
      numKvHeads: 6,
      headDim: 8,
      mlpDim: 128,
      ropeBase: 10_000,
      normEpsilon: 1e-5,
      useQkNorm: false,
      numExperts: 1,
    });
    expect(resolveBackboneConfig(config)).toEqual(config);
  });

  it.each([
    [{ numKvHeads: 4 }, RangeError, "numHeads (=6) must be divisible by numKvHeads (=4)"],
    [{ modelDim: 50 }, RangeError, "modelDim (=50) must be divisible by numHeads (=6) when headDim is left out"],
    [{ headDim: 7 }, RangeError, "headDim (=7) must be even and at least 6"],
    [{ headDim: 4 }, RangeError, "headDim (=4) must be even and at least 6"],
    [{ numLayers: 0 }, RangeError, "numLayers (=0)"],
    [{ mlpDim: 10.5 }, TypeError, "mlpDim (=10.5)"],
    [{ numKVHeads: 2 }, TypeError, "numKVHeads"],
    [{ modelDim: undefined }, TypeError, "modelDim (=undefined)"],
  ])("rejects %o", (change, kind, message) => {
    const resolve = () => resolveBackboneConfig({ ...sizes, ...change } as typeof sizes);
    expect(resolve).toThrow(kind as ErrorConstructor);
    expect(resolve).toThrow(message as string);
  });
});
