import { describe, expect, it } from "vitest";
import { assertSameConfig, configChanges } from "./config-changes.ts";

const saved = { steps: 10, model: { dim: 4, sizes: [1, 2] }, report: { every: 5 } };

describe("configChanges", () => {
  it("names changed, added and removed leaves by dotted key", () => {
    const current = { steps: 10, model: { dim: 8, sizes: [1, 3] }, report: { every: 5 }, extra: null };
    expect(configChanges(saved, current)).toEqual([
      { key: "model.dim", before: 4, after: 8 },
      { key: "model.sizes", before: [1, 2], after: [1, 3] },
      { key: "extra", before: undefined, after: null },
    ]);
    expect(configChanges(saved, { ...saved, model: { dim: 4 } })).toEqual([{ key: "model.sizes", before: [1, 2] }]);
  });

  it("leaves out what may change, with everything below it", () => {
    const current = { ...saved, report: { every: 6, more: 1 }, reporting: 1 };
    expect(configChanges(saved, current, ["report"]).map(({ key }) => key)).toEqual(["reporting"]);
  });
});

describe("assertSameConfig", () => {
  it("passes equal configs and names the changes of others", () => {
    assertSameConfig(saved, JSON.parse(JSON.stringify(saved)), []);
    expect(() => assertSameConfig(saved, { ...saved, steps: 20 }, ["report"])).toThrow(
      /steps: 10 -> 20.*may change: report/s,
    );
  });
});
