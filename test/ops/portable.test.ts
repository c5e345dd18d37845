import { tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { opCases } from "./cases.ts";
import { expectClose, finiteDifferences, randomInputs, runCase } from "./helpers.ts";

describe.each(["wasm", "cpu"] as const)("the portable definitions on %s", (backend) => {
  beforeAll(async () => {
    await useBackend({ backend });
  });

  it.each(opCases)("$name: values and gradients equal loops and finite differences", async (opCase) => {
    const inputs = randomInputs(opCase);
    const numTensors = tf.memory().numTensors;
    const { y, gradients } = await runCase(opCase, inputs);
    expect(tf.memory().numTensors).toBe(numTensors);
    expectClose(y, opCase.reference(inputs.values), 1e-5);
    for (const name of Object.keys(opCase.inputs)) {
      expectClose(gradients[name]!, finiteDifferences(opCase, name, inputs), 1e-5);
    }
  });

  it.each(opCases)("$name: valueAndGrads equals tf.variableGrads", async (opCase) => {
    const { values, lossWeights } = randomInputs(opCase);
    const parameters = new Map(
      Object.entries(opCase.inputs).map(([name, shape]) => [
        name,
        tf.variable(tf.tensor(values[name] as Float32Array, shape)),
      ]),
    );
    const loss = () =>
      opCase.run(Object.fromEntries(parameters)).flatten().mul(tf.tensor1d(lossWeights)).sum() as tf.Scalar;
    const ours = valueAndGrads(() => ({ loss: loss() }), parameters);
    const theirs = tf.variableGrads(loss, [...parameters.values()]);
    for (const [name, gradient] of ours.gradients) {
      const expected = theirs.grads[parameters.get(name)!.name]!;
      expectClose(await gradient.data(), await expected.data(), 1e-6);
    }
    for (const parameter of parameters.values()) parameter.dispose();
  });
});
