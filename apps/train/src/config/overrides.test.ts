import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "./nearest.ts";
import { applyOverrides, leafKeys } from "./overrides.ts";

const config = {
  steps: 100,
  useQkNorm: true,
  schedule: { kind: "cosine", warmupSteps: 10, decayFraction: null },
  report: { samplePrompts: ["a red circle"] },
};

describe("applyOverrides", () => {
  it("reads each value as the kind that stands there", () => {
    const changed = applyOverrides(config, [
      "steps=2e3",
      "useQkNorm=false",
      "schedule.kind=wsd",
      "schedule.decayFraction=0.2",
      'report.samplePrompts=["a=b", "c"]',
    ]);
    expect(changed).toEqual({
      steps: 2000,
      useQkNorm: false,
      schedule: { kind: "wsd", warmupSteps: 10, decayFraction: 0.2 },
      report: { samplePrompts: ["a=b", "c"] },
    });
    expect(config.steps).toBe(100);
  });

  it("names the nearest key of an unknown one", () => {
    expect(() => applyOverrides(config, ["schedule.warmupStep=3"])).toThrow(/the nearest is "schedule.warmupSteps"/);
    expect(() => applyOverrides(config, ["stpes=3"])).toThrow(/the nearest is "steps"/);
    expect(() => applyOverrides(config, ["steps.inner=3"])).toThrow(/unknown key/);
    expect(() => applyOverrides(config, ["toString=3"])).toThrow(/unknown key/);
  });

  it("refuses values of the wrong kind, groups and malformed overrides", () => {
    expect(() => applyOverrides(config, ["steps=many"])).toThrow(/must be a number \(it is 100 now\)/);
    expect(() => applyOverrides(config, ["steps="])).toThrow(/must be a number/);
    expect(() => applyOverrides(config, ["useQkNorm=1"])).toThrow(/true or false/);
    expect(() => applyOverrides(config, ["report.samplePrompts=x"])).toThrow(/JSON list/);
    expect(() => applyOverrides(config, ["schedule=x"])).toThrow(/group of settings.*schedule.kind/);
    expect(() => applyOverrides(config, ["steps"])).toThrow(/key=value/);
  });

  it("replaces a group as a whole, which may then be completed for the next override", () => {
    expect(applyOverrides(config, ["schedule=null"])).toMatchObject({ schedule: null, steps: 100 });
    const complete = (changed: typeof config) => ({
      ...changed,
      schedule: Object.assign({ warmupSteps: 7, decayFraction: null }, changed.schedule),
    });
    const changed = applyOverrides(config, ['schedule={"kind":"linear"}', "schedule.warmupSteps=8"], { complete });
    expect(changed.schedule).toEqual({ kind: "linear", warmupSteps: 8, decayFraction: null });
    expect(() => applyOverrides(config, ['schedule={"kind":'])).toThrow(/or all as a JSON object/);
  });

  it("lists leaves with dotted keys", () => {
    expect(leafKeys(config)).toContain("schedule.warmupSteps");
    expect(leafKeys(config)).toContain("report.samplePrompts");
  });
});

describe("nearest", () => {
  it("counts a swap of neighbours as one edit", () => {
    expect(editDistance("stpes", "steps")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
  });
  it("takes the candidate with the fewest edits", () => {
    expect(nearest("sceens", ["debug", "scenes", "emoji"])).toBe("scenes");
    expect(nearest("x", [])).toBeUndefined();
  });
});
