import { tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";
import { MuonWithAdamW } from "./muon.ts";

const adamw = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 };
const muon = { learningRateFactor: 10, momentum: 0.95 };

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

function parameters() {
  return new Map([
    ["matrix", tf.variable(tf.tensor([1, 2, 3, 4, 5, 6], [2, 3]))],
    ["table", tf.variable(tf.tensor([1, 2, 3, 4], [2, 2]))],
    ["bias", tf.variable(tf.tensor([1, 2]))],
  ]);
}

const gradients = () => new Map([...parameters()].map(([name, value]) => [name, tf.sub(value, 2)]));

describe("MuonWithAdamW", () => {
  it("moves hidden layers by steps of the learning rate times the factor, the rest as AdamW does", () => {
    const [ours, theirs] = [parameters(), parameters()];
    const optimizer = new MuonWithAdamW(ours, { muon, adamw, hidden: new Set(["matrix"]) });
    const rest = new Map([...theirs].filter(([name]) => name !== "matrix"));
    const reference = new AdamW(rest, adamw);
    const all = gradients();
    const norm = optimizer.update(all, { learningRate: 0.01, step: 1 });
    reference.update(all, { learningRate: 0.01, step: 1 });
    expect(norm.dataSync()[0]).toBeCloseTo(Math.hypot(...[...all.values()].flatMap((g) => [...g.dataSync()])), 4);
    for (const name of rest.keys()) expect(ours.get(name)!.dataSync()).toEqual(theirs.get(name)!.dataSync());
    const step = tf.sub(theirs.get("matrix")!.mul(1 - 0.01 * adamw.weightDecay), ours.get("matrix")!) as tf.Tensor2D;
    // Two singular values, each near the rate of 0.1.
    const size = Math.sqrt(step.square().sum().dataSync()[0]! / 2);
    expect(size).toBeGreaterThan(0.06);
    expect(size).toBeLessThan(0.13);
  });

  it("leaves nothing behind but the norm", () => {
    const optimizer = new MuonWithAdamW(parameters(), { muon, adamw, hidden: new Set(["matrix"]) });
    const all = gradients();
    const before = tf.memory().numTensors;
    optimizer.update(all, { learningRate: 0.01, step: 1 });
    expect(tf.memory().numTensors).toBe(before + 1);
  });

  it("names its state after the parameters", () => {
    const optimizer = new MuonWithAdamW(parameters(), { muon, adamw, hidden: new Set(["matrix"]) });
    expect([...optimizer.state().keys()].sort()).toEqual([
      "first_moment.bias",
      "first_moment.table",
      "momentum.matrix",
      "second_moment.bias",
      "second_moment.table",
    ]);
    optimizer.dispose();
  });

  it("refuses unknown names and settings out of range", () => {
    const make =
      (hidden: string[], settings = muon) =>
      () =>
        new MuonWithAdamW(parameters(), { muon: settings, adamw, hidden: new Set(hidden) });
    expect(make(["nobody"])).toThrow(/"nobody", which is no parameter/);
    expect(make([], { ...muon, momentum: 1 })).toThrow(/momentum \(=1\)/);
    expect(make([], { ...muon, learningRateFactor: 0 })).toThrow(/learningRateFactor \(=0\)/);
  });
});
