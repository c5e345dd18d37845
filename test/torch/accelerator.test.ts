import { registerTorchBackend, torchInfo } from "@interfuse/backend-torch";
import { embedding, tf, useBackend, writeRows } from "@interfuse/tensor";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";

/** Why there is no accelerator: a CUDA card, or the emulated device of `npm run emulated`. */
async function acceleratorMissing(): Promise<string | undefined> {
  const reason = (await torchUnavailable()) ?? torchInfo().whyNoAccelerator;
  if (reason !== undefined) console.warn(`skipped: the tests on an accelerator (${reason})`);
  return reason;
}

describe.skipIf((await acceleratorMissing()) !== undefined)("torch on an accelerator", () => {
  beforeEach(async () => {
    await useBackend({ backend: "torch", precision: "f32" });
  });
  afterAll(async () => {
    await useBackend({ backend: "torch", precision: "f32" });
  });

  it("is chosen unasked, and says so", async () => {
    const { device } = await useBackend({ backend: "torch" });
    expect(device).not.toBe("cpu");
    expect(torchInfo().device).toBe(device);
  });

  it("takes tensors along when the device changes", async () => {
    const x = tf.tensor([1, 2, 3]);
    await useBackend({ backend: "torch", device: "cpu" });
    expect(torchInfo().device).toBe("cpu");
    const y = x.add(1);
    registerTorchBackend({});
    expect(torchInfo().device).not.toBe("cpu");
    expect(Array.from(await y.mul(x).data())).toEqual([2, 6, 12]);
    tf.dispose([x, y]);
  });

  it("counts the memory of its tensors", () => {
    const before = memory();
    const x = tf.zeros([256, 1024]);
    const during = memory();
    expect(during.numBytesInGPU - before.numBytesInGPU).toBeGreaterThanOrEqual(2 ** 20);
    expect(during.numBytesInGPUAllocated).toBeGreaterThanOrEqual(during.numBytesInGPU);
    x.dispose();
    expect(memory().numBytesInGPU).toBe(before.numBytesInGPU);
    expect(memory().peakBytesInGPU).toBeGreaterThanOrEqual(during.numBytesInGPU);
  });

  it("reads what was there when it was asked, without blocking", async () => {
    const x = tf.variable(tf.tensor1d([1, 2, 3]));
    const first = x.data();
    x.assign(tf.tidy(() => x.add(1)));
    const second = x.data();
    x.dispose();
    expect(Array.from(await second)).toEqual([2, 3, 4]);
    expect(Array.from(await first)).toEqual([1, 2, 3]);
  });

  it("times kernels until they are done", async () => {
    const { kernelMs } = (await tf.time(() => tf.tidy(() => tf.ones([64, 64]).matMul(tf.ones([64, 64]))))) as {
      kernelMs: number;
    };
    expect(kernelMs).toBeGreaterThan(0);
  });

  it("gives NaN for an id outside the table, and an error for a row outside the buffer", async () => {
    const table = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const ids = tf.tensor1d([1, 2], "int32");
    const rows = embedding(table, ids);
    expect(Array.from(await rows.data())).toEqual([3, 4, Number.NaN, Number.NaN]);
    const buffer = tf.variable(tf.zeros([2, 2]));
    expect(() => writeRows(buffer, rows, Int32Array.of(0, 2))).toThrow(/slot \(=2\)/);
    tf.dispose([table, ids, rows, buffer]);
  });

  it("names operation, types and shapes when memory runs out", () => {
    const wide = tf.ones([2 ** 26, 1]);
    const numTensors = tf.memory().numTensors;
    expect(() => tf.tidy(() => wide.matMul(wide, false, true))).toThrow(/BatchMatMul: .*float32\[67108864,1\]/);
    expect(tf.memory().numTensors).toBe(numTensors);
    wide.dispose();
  });
});

type DeviceMemory = Record<"numBytesInGPU" | "numBytesInGPUAllocated" | "peakBytesInGPU", number>;

function memory(): DeviceMemory {
  return tf.memory() as unknown as DeviceMemory;
}
