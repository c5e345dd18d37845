import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { valueAndGrads } from "../gradients/value-and-grads.ts";
import { tf } from "../tf.ts";
import { importOptional } from "./import-optional.ts";
import { useBackend, usedBackend } from "./use-backend.ts";

describe("useBackend", () => {
  afterEach(() => vi.restoreAllMocks());

  it("reports what it chose and everything it tried on the way", async () => {
    const report = await useBackend({ precision: "f32" });
    expect(tf.getBackend()).toBe(report.backend);
    expect(report.tried.at(-1)).toEqual({ name: report.backend, ok: true, reason: "loaded" });
    for (const { name, ok, reason } of report.tried.slice(0, -1)) {
      expect(ok).toBe(false);
      expect(report.reason).toContain(`${name} (${reason.split("\n")[0]}`);
    }
    expect(report.library).toMatch(/\d+\.\d+/);
  });

  it("takes a named backend, and says so", async () => {
    const report = await useBackend({ backend: "wasm", threads: 1 });
    expect(report).toMatchObject({
      backend: "wasm",
      device: "cpu",
      precision: "f32",
      threads: 1,
      reason: "wasm was asked for",
    });
    expect(tf.getBackend()).toBe("wasm");
    expect(usedBackend()).toBe(report);
  });

  it("says when a number of threads cannot be had", async () => {
    const { threads, reason } = await useBackend({ backend: "cpu", threads: 4 });
    expect(threads).toBe(1);
    expect(reason).toBe("cpu was asked for; its number of threads stays 1 (threads=4 asked)");
  });

  it("prints nothing", async () => {
    const printed = [vi.spyOn(console, "warn"), vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    await useBackend({ backend: "cpu" });
    tf.tidy(() => tf.ones([2]).add(1));
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  it.each([
    [
      { backend: "wasm", precision: "bf16" } as const,
      /no backend can do what is asked \(backend="wasm".*precision="bf16"\):\n {2}wasm: it has no bf16/,
    ],
    [{ backend: "cpu", device: "cuda" } as const, /cpu: it computes on cpu, not on cuda/],
    [{ backend: "webgpu" } as const, /backend \(="webgpu"\) must be one of auto, torch, tensorflow, wasm, cpu here/],
    [{ device: "tpu" as "cpu" }, /useBackend: device \(="tpu"\) must be auto, cpu, cuda, cuda:N or webgpu/],
    [{ precision: "f16" as "f32" }, /useBackend: precision \(="f16"\) must be auto, f32 or bf16/],
    [{ threads: 0 }, /threads \(=0\) must be a positive integer/],
  ])("refuses %j and keeps the current backend", async (options, message) => {
    await useBackend({ backend: "wasm" });
    await expect(useBackend(options)).rejects.toThrow(message);
    expect(tf.getBackend()).toBe("wasm");
  });

  it("names an optional package that is not there", async () => {
    await expect(importOptional("@interfuse/no-such-package")).rejects.toThrow(/@interfuse\/no-such-package/);
  });

  it("gives wasm the gradients it lacks", async () => {
    const gradientsOn = async (backend: "wasm" | "cpu"): Promise<number[][]> => {
      await useBackend({ backend });
      const image = tf.range(0, 50).reshape<tf.Tensor4D>([1, 5, 5, 2]).sin();
      const filter = tf.range(0, 36).reshape<tf.Tensor4D>([3, 3, 2, 2]).cos();
      const table = tf.range(0, 8).reshape([4, 2]);
      const parameters = new Map<string, tf.Tensor>([
        ["image", image],
        ["filter", filter],
        ["table", table],
      ]);
      const { outputs, gradients } = valueAndGrads(() => {
        const picked = table.gather(tf.tensor1d([3, 1, 3], "int32"));
        return { loss: tf.conv2d(image, filter, [2, 1], "same").square().sum().add(picked.square().sum()) };
      }, parameters);
      const read = await Promise.all(
        [...gradients.values()].map(async (gradient) => Array.from(await gradient.data())),
      );
      tf.dispose([outputs.loss, ...parameters.values(), ...gradients.values()]);
      return read;
    };
    const [ours, expected] = [await gradientsOn("wasm"), await gradientsOn("cpu")];
    for (const [i, gradient] of expected.entries()) {
      for (const [j, value] of gradient.entries()) expect(ours[i]![j]).toBeCloseTo(value, 3);
    }
  });

  it("works in a worker thread", async () => {
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       import(${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)}).then(async ({ tf, useBackend }) => {
         const { backend } = await useBackend({ backend: "wasm" });
         parentPort.postMessage({ backend, values: await tf.matMul([[2]], [[3]]).data() });
       });`,
      { eval: true },
    );
    const message = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    expect(message).toEqual({ backend: "wasm", values: Float32Array.of(6) });
    await worker.terminate();
  });
});
