import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { registeredKernels, registerTorchBackend, setTorchPrecision, torchInfo } from "./register.ts";
import { largestError, numbers, useTorch } from "./testing.ts";

beforeAll(useTorch);
beforeEach(() => {
  tf.setBackend("torch");
});

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] =>
  [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];

describe("data", () => {
  test("every type is written and read back", async () => {
    const float = tf.tensor([1.5, -0, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(Array.from(await float.data())).toEqual([1.5, -0, Number.NaN, Number.POSITIVE_INFINITY]);
    const integers = tf.tensor([1, -7], [2], "int32");
    expect(integers.dataSync()).toEqual(Int32Array.of(1, -7));
    const flags = tf.tensor([true, false, true], [3], "bool");
    expect(flags.dataSync()).toEqual(Uint8Array.of(1, 0, 1));
    const strings = tf.reshape(tf.tensor(["a", "ß"]), [2, 1]);
    expect(strings.dataSync()).toEqual(["a", "ß"]);
    for (const tensor of [float, integers, flags, strings]) tensor.dispose();
  });

  test("a disposed tensor is named", () => {
    const x = tf.ones([2, 3]);
    x.dispose();
    expect(() => tf.add(x, 1)).toThrowError("backend-torch: an input (float32[2,3]) is disposed");
  });

  test("tensors of other backends move here when used", () => {
    tf.setBackend("cpu");
    const x = tf.tensor([1, 2]);
    tf.setBackend("torch");
    expect(Array.from(tf.tidy(() => tf.add(x, x).dataSync()))).toEqual([2, 4]);
    x.dispose();
  });

  test("tensors that outlive their backend are refused and touch no others", () => {
    const old = tf.tensor([1, 2]);
    tf.removeBackend("torch");
    useTorch();
    const x = tf.tensor([3, 4]);
    expect(() => old.dataSync()).toThrowError("backend that was removed");
    expect(() => tf.add(old, x)).toThrowError("backend that was removed");
    old.dispose();
    expect(Array.from(x.dataSync())).toEqual([3, 4]);
    x.dispose();
  });

  test("a large read goes on without the tensor, and leaves what changes in place alone", async () => {
    const size = (1 << 20) + 1;
    const values = numbers(size);
    const x = tf.variable(tf.tensor(values));
    const reading = x.data();
    run("EmaUpdate", { average0: x, parameter0: tf.zeros([size]) }, { decay: 0.5 });
    const disposed = tf.tensor(values);
    const readingDisposed = disposed.data();
    disposed.dispose();
    expect(largestError(await reading, values)).toBe(0);
    expect(largestError(await readingDisposed, values)).toBe(0);
    expect(x.dataSync()[0]).toBeCloseTo((values[0] as number) / 2, 6);
    x.dispose();
  });

  test("slots of tensors that were never disposed are freed with their data ids", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const settle = async (): Promise<{ slots: number; ids: number }> => {
      for (let turn = 0; turn < 5; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        collect();
      }
      return { slots: torchInfo().slots, ids: tf.engine().backend.numDataIds() };
    };
    const before = await settle();
    for (let i = 0; i < 50; i++) tf.ones([3]);
    const kept = tf.ones([3]);
    expect(torchInfo().slots).toBe(before.slots + 51);
    expect(await settle()).toEqual({ slots: before.slots + 1, ids: before.ids + 1 });
    expect(Array.from(kept.dataSync())).toEqual([1, 1, 1]);
    kept.dispose();
  });

  test("nothing leaks: tensors, data ids and slots are as before, gradients included", () => {
    const before = { tensors: tf.memory().numTensors, ids: tf.engine().backend.numDataIds(), slots: torchInfo().slots };
    for (let i = 0; i < 20; i++) {
      tf.tidy(() => {
        const x = tf.tensor(numbers(60), [3, 20]);
        tf.grad((t) => {
          const [left, right] = tf.split(tf.matMul(t, t, false, true), [1, 2], 1) as [tf.Tensor, tf.Tensor];
          return tf.sum(tf.mul(tf.softmax(tf.concat([left, right], 1)), tf.reshape(tf.range(0, 9), [3, 3])));
        })(x);
      });
    }
    expect({
      tensors: tf.memory().numTensors,
      ids: tf.engine().backend.numDataIds(),
      slots: torchInfo().slots,
    }).toEqual(before);
  });
});

describe("in-place kernels", () => {
  const step = (parameter: tf.Variable): void => {
    tf.tidy(() => {
      const { shape } = parameter;
      const moments = { firstMoment0: tf.variable(tf.zeros(shape)), secondMoment0: tf.variable(tf.zeros(shape)) };
      const attrs = {
        learningRate: 0.1,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weightDecays: [0.5],
        step: 1,
        maxGradNorm: 0,
      };
      run("AdamWUpdate", { parameter0: parameter, gradient0: tf.tensor([3, -4], shape), ...moments }, attrs);
      for (const moment of Object.values(moments)) moment.dispose();
    });
  };

  test("AdamW's first step moves by the learning rate and decays", () => {
    const parameter = tf.variable(tf.tensor([1, 2]));
    step(parameter);
    const values = Array.from(parameter.dataSync());
    expect(values[0]).toBeCloseTo(1 * (1 - 0.05) - 0.1, 5);
    expect(values[1]).toBeCloseTo(2 * (1 - 0.05) + 0.1, 5);
    parameter.dispose();
  });

  test("AdamW scales gradients to the norm and gives the norm before", () => {
    tf.tidy(() => {
      const [parameter, first, second] = [
        tf.variable(tf.tensor([0, 0])),
        tf.variable(tf.zeros([2])),
        tf.variable(tf.zeros([2])),
      ] as const;
      const inputs = {
        parameter0: parameter,
        gradient0: tf.tensor([3, -4]),
        firstMoment0: first,
        secondMoment0: second,
      };
      const attrs = {
        learningRate: 0.1,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weightDecays: [0],
        step: 1,
        maxGradNorm: 1,
      };
      expect(run("AdamWUpdate", inputs, attrs)[0]?.dataSync()[0]).toBeCloseTo(5, 5);
      expect(first.dataSync()[0]).toBeCloseTo(0.1 * 0.6, 5);
      for (const variable of [parameter, first, second]) variable.dispose();
    });
  });

  test("what shares a variable's data keeps its values: clone, reshape, slice, initial value", () => {
    const initial = tf.tensor([1, 2]);
    const parameter = tf.variable(initial);
    const [clone, view] = [tf.clone(parameter), tf.reshape(parameter, [1, 2])] as const;
    const part = tf.slice(parameter, [0], [2]);
    step(parameter);
    for (const tensor of [initial, clone, view, part]) expect(Array.from(tensor.dataSync())).toEqual([1, 2]);
    expect(parameter.dataSync()[0]).toBeCloseTo(0.85, 5);
    for (const tensor of [initial, clone, view, part, parameter]) tensor.dispose();
  });

  test("WriteRows writes into the buffer itself, EmaUpdate into the average", () => {
    tf.tidy(() => {
      const buffer = tf.variable(tf.zeros([4, 2]));
      run("WriteRows", { buffer, rows: tf.tensor([1, 2, 3, 4], [2, 2]) }, { slots: Int32Array.of(3, 1) });
      expect(Array.from(buffer.dataSync())).toEqual([0, 0, 3, 4, 0, 0, 1, 2]);
      run("EmaUpdate", { average0: buffer, parameter0: tf.ones([4, 2]) }, { decay: 0.5 });
      expect(Array.from(buffer.dataSync())).toEqual([0.5, 0.5, 2, 2.5, 0.5, 0.5, 1, 1.5]);
      buffer.dispose();
    });
  });

  test("a changed weight is not multiplied in an old bfloat16 copy, packed or not", () => {
    registerTorchBackend({ precision: "bf16" });
    const weight = tf.variable(tf.tensor([1, 2], [1, 2]));
    const products = (): number[] =>
      tf.tidy(() =>
        // The packed form is kept from the second product on.
        [1, 2, 3].map(() => run("Linear", { x: tf.ones([1, 2]), weight })[0]?.dataSync()[0] as number),
      );
    expect(products()).toEqual([3, 3, 3]);
    step(weight);
    for (const product of products()) expect(product).toBeCloseTo(2.85, 1);
    tf.tidy(() => run("WriteRows", { buffer: weight, rows: tf.tensor([4, 8], [1, 2]) }, { slots: Int32Array.of(0) }));
    expect(products()).toEqual([12, 12, 12]);
    weight.dispose();
    registerTorchBackend({ precision: "f32" });
  });
});

describe("errors", () => {
  test("C++ exceptions become Errors that name the kernel and its inputs, on one line", () => {
    const [a, b] = [tf.ones([2, 3]), tf.ones([4, 5])];
    const fail = (): tf.Tensor[] => run("BatchMatMul", { a, b }, { transposeA: false, transposeB: false });
    expect(fail).toThrowError(/^BatchMatMul: [^\n]+ \(inputs: float32\[2,3\], float32\[4,5\]\)$/);
    expect(() => run("WriteRows", { buffer: a, rows: tf.ones([1, 3]) }, { slots: Int32Array.of(5) })).toThrowError(
      "WriteRows: id 5 at position 0 is outside [0, 2) (inputs: float32[2,3], float32[1,3])",
    );
    // Elsewhere an id is not looked at: it gives NaN.
    if (torchInfo().device === "cpu") {
      expect(() => run("Embedding", { weight: a, ids: tf.tensor([5], [1], "int32") })).toThrowError(
        "Embedding: id 5 at position 0 is outside [0, 2) (inputs: float32[2,3], int32[1])",
      );
    }
    a.dispose();
    b.dispose();
  });

  test("too large, too long and wrong types are Errors too", () => {
    const x = tf.ones([2]);
    expect(() => tf.fill([1e6, 1e6, 1e4], 1)).toThrowError(
      /^Fill: out of memory.*\(output: \[1000000,1000000,10000\]\)$/,
    );
    expect(() => tf.fill([1e9, 1e9, 1e9], 1)).toThrowError(/^Fill: .*overflow/);
    expect(() => run("Tile", { x }, { reps: [2 ** 40] })).toThrowError(/^Tile: .+ \(inputs: float32\[2\]\)$/);
    expect(() => run("FFT", { input: tf.tensor(["a"]) })).toThrowError("does not take string tensors");
    expect(() =>
      run(
        "Dilation2D",
        { x: tf.complex([[[[1]]]], [[[[1]]]]), filter: tf.ones([1, 1, 1]) },
        {
          strides: 1,
          pad: "valid",
          dilations: 1,
        },
      ),
    ).toThrowError(/complex64\[1,1,1,1\]/);
    x.dispose();
  });

  test("impossible options are refused", () => {
    expect(() => registerTorchBackend({ threads: 0 })).toThrowError("threads (=0)");
    expect(() => registerTorchBackend({ device: "cuda:99" })).toThrowError("there is no cuda:99: ");
    expect(() => registerTorchBackend({ device: "abacus" as "cpu" })).toThrowError(
      'registerTorchBackend: device (="abacus") must be auto, cpu, cuda or cuda:N',
    );
    const half = "f16" as "bf16";
    expect(() => registerTorchBackend({ precision: half })).toThrowError('precision (="f16") must be f32 or bf16');
    expect(() => setTorchPrecision(half)).toThrowError('setTorchPrecision: precision (="f16") must be f32 or bf16');
    expect(torchInfo().precision).toBe("f32");
  });

  test("kernels are listed by name", () => {
    expect(registeredKernels()).toEqual(expect.arrayContaining(["Add", "Attention", "Conv2D", "_FusedMatMul"]));
  });
});

describe("workers", () => {
  const source = new URL("../dist/index.js", import.meta.url).href;
  const program = `
    const { parentPort } = require("node:worker_threads");
    (async () => {
      const tf = require("@tensorflow/tfjs");
      const { registerTorchBackend } = await import(${JSON.stringify(source)});
      registerTorchBackend({ threads: 2 });
      tf.setBackend("torch");
      const x = tf.ones([300, 300]);
      parentPort.postMessage(tf.matMul(x, x).dataSync()[0]);
      for (;;) tf.tidy(() => tf.matMul(x, x));
    })();`;

  test("a worker computes beside the main thread, and terminating it in mid-kernel harms nobody", async () => {
    for (let round = 0; round < 2; round++) {
      const worker = new Worker(program, { eval: true });
      const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
      expect(answer).toBe(300);
      await worker.terminate();
      expect(Array.from(tf.tidy(() => tf.add(tf.ones([2]), 1).dataSync()))).toEqual([2, 2]);
    }
  });
});
