/**
 * The portable definitions on libtensorflow against plain JavaScript, values and gradients, where `npm run setup:tensorflow`
 * has been run; else skipped with the reason printed.
 */
import { tf, useBackend } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { opCases } from "./cases.ts";
import { expectClose, randomInputs, runCase } from "./helpers.ts";

async function whyUnavailable(): Promise<string | undefined> {
  try {
    await useBackend({ backend: "tensorflow" });
    return undefined;
  } catch (error) {
    const reason = (error as Error).message;
    console.warn(`skipped: the tests on the tensorflow backend (${reason}); "npm run setup:tensorflow" builds it`);
    return reason;
  }
}

// tfjs-node is optional and large, so set-up does not build it: skipped, with a printed reason, where nobody has.
const describeTensorflow = describe.skipIf((await whyUnavailable()) !== undefined);

describeTensorflow("the portable definitions on tensorflow", () => {
  it.each(opCases)("$name: values and gradients equal those of plain JavaScript", async (opCase) => {
    const inputs = randomInputs(opCase);
    await useBackend({ backend: "cpu" });
    const expected = await runCase(opCase, inputs);
    await useBackend({ backend: "tensorflow" });
    const numTensors = tf.memory().numTensors;
    const actual = await runCase(opCase, inputs);
    expect(tf.memory().numTensors).toBe(numTensors);
    expectClose(actual.y, expected.y, 1e-5);
    for (const [name, gradient] of Object.entries(expected.gradients)) {
      expectClose(actual.gradients[name]!, gradient, 1e-5);
    }
  });

  it("trains a stock model with the files of TensorFlow.js that this project uses", async () => {
    const { library, device } = await useBackend({ backend: "tensorflow" });
    expect(library).toMatch(/^libtensorflow \d+\.\d+.* \(@tensorflow\/tfjs-node(-gpu)? 4\./);
    expect(["cpu", "cuda"]).toContain(device);
    const dense = tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: "zeros" });
    const model = tf.sequential({ layers: [dense] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: "meanSquaredError" });
    const [x, y] = [tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]), tf.tensor2d([0, 1, 2, 3], [4, 1])];
    const { history } = await model.fit(x, y, { epochs: 100, verbose: 0 });
    expect(history.loss?.at(-1)).toBeLessThan(0.01);
    model.dispose();
    tf.dispose([x, y]);
  });
});
