import {
  Generator,
  type HostTensor,
  readSafetensors,
  tf,
  useBackend,
  valueAndGrads,
  writeSafetensors,
} from "@interfuse/tensor";
import { PbfWriter } from "pbf";
import { beforeAll, describe, expect, it } from "vitest";
import { squares } from "../../testing/squares.ts";
import { perceptualLoss } from "../perceptual-loss.ts";
import { DenoisingNetwork, denoisingLoss } from "./denoising-network.ts";
import { loadDenoisingNetwork, saveDenoisingNetwork } from "./denoising-network-file.ts";
import { frozenNetworkEncoder } from "./frozen-encoder.ts";
import { LpipsVgg16 } from "./lpips-vgg16.ts";
import { loadOnnxEncoder, type OnnxRuntime, onnxEncoder } from "./onnx-encoder.ts";
import { readOnnxTensors } from "./onnx-tensors.ts";
import { trainDenoisingNetwork } from "./train-denoising-network.ts";
import { loadTransformersEncoder, transformersEncoder } from "./transformers-encoder.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

describe("DenoisingNetwork", () => {
  it("learns to restore, to a better picture than the damaged one's mean, and leaks nothing", async () => {
    const network = new DenoisingNetwork({ channels: [8, 8] }, new Generator(1));
    const before = tf.memory().numTensors;
    const losses: number[] = [];
    await trainDenoisingNetwork(network, (step) => squares(8, 16, step), {
      generator: new Generator(2),
      steps: 100,
      learningRate: 5e-3,
      onStep: (_, loss) => losses.push(loss),
    });
    expect(losses).toHaveLength(100);
    expect(tf.memory().numTensors).toBe(before);
    const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    const flat = squares(64, 16, 99);
    const variance = tf.tidy(() => tf.moments(flat, [0, 1, 2]).variance.mean());
    expect(mean(losses.slice(-10))).toBeLessThan(0.4 * ((await variance.data())[0] as number));
    tf.dispose([flat, variance]);
    network.dispose();
  });

  it("damages and scores by its generator alone, and gives every parameter a gradient", async () => {
    const network = new DenoisingNetwork({ channels: [4, 6, 8] }, new Generator(1));
    const pixels = squares(2, 16, 3);
    const run = (seed: number) =>
      valueAndGrads(
        () => ({ loss: denoisingLoss(network, pixels, new Generator(seed)).lossSum }),
        network.parameters(),
      );
    const [a, b, c] = [run(1), run(1), run(2)];
    const lossOf = async ({ outputs }: typeof a) => (await outputs.loss.data())[0];
    expect(await lossOf(a)).toBe(await lossOf(b));
    expect(await lossOf(a)).not.toBe(await lossOf(c));
    for (const [name, gradient] of a.gradients) {
      expect(Math.max(...(await gradient.data()).map(Math.abs)), name).toBeGreaterThan(0);
    }
    expect(() => denoisingLoss(network, squares(1, 10, 1), new Generator(1))).toThrow(/height \(=10\).*divisible by 4/);
  });

  it("comes back from its file, which says what does not fit", async () => {
    const network = new DenoisingNetwork({ channels: [4, 6] }, new Generator(1));
    const bytes = await saveDenoisingNetwork(network);
    const loaded = loadDenoisingNetwork(bytes);
    expect(loaded.config).toEqual({ channels: [4, 6] });
    const pixels = squares(1, 8, 1);
    const [before, after] = [network, loaded].map((n) => n.features(pixels).at(-1) as tf.Tensor);
    expect(await (after as tf.Tensor).data()).toEqual(await (before as tf.Tensor).data());
    const { tensors } = readSafetensors(bytes);
    expect(() => loadDenoisingNetwork(writeSafetensors(tensors))).toThrow(/metadata.format \(=undefined\)/);
    const format = { format: "interfuse-denoising-network" };
    expect(() => loadDenoisingNetwork(writeSafetensors(tensors, { ...format, config: "{" }))).toThrow(/config \(=\{\)/);
    const other = { ...format, config: '{"channels":[4,7]}' };
    expect(() => loadDenoisingNetwork(writeSafetensors(tensors, other))).toThrow(/\[3,3,4,6\] instead of \[3,3,4,7\]/);
    expect(() => new DenoisingNetwork({ channels: [] }, new Generator(1))).toThrow(/channels \(=\[\]\)/);
  });
});

describe("perceptualLoss", () => {
  it("is 0 for equal pictures, adds up over pictures, and its gradient stays finite on flat ones", async () => {
    const network = new DenoisingNetwork({ channels: [4, 6] }, new Generator(1));
    const [a, b] = [squares(2, 8, 1), squares(2, 8, 2)];
    const before = tf.memory().numTensors;
    const value = async (x: tf.Tensor4D, y: tf.Tensor4D) => {
      const { lossSum } = perceptualLoss(network, x, y);
      const [sum] = await lossSum.data();
      lossSum.dispose();
      return sum as number;
    };
    expect(await value(a, a)).toBe(0);
    const whole = await value(a, b);
    expect(whole).toBeGreaterThan(0.1);
    expect(tf.memory().numTensors).toBe(before);
    const halves = await Promise.all(
      [0, 1].map((i) => value(a.slice([i, 0, 0, 0], [1, 8, 8, 3]), b.slice([i, 0, 0, 0], [1, 8, 8, 3]))),
    );
    expect((halves[0] as number) + (halves[1] as number)).toBeCloseTo(whole, 4);
    const black = tf.zeros<tf.Rank.R4>([1, 8, 8, 3]);
    const { gradients } = valueAndGrads(
      () => ({ loss: perceptualLoss(network, black, a.slice([0, 0, 0, 0], [1, 8, 8, 3])).lossSum }),
      new Map([["black", black]]),
    );
    expect((await (gradients.get("black") as tf.Tensor).data()).every(Number.isFinite)).toBe(true);
    expect(() => perceptualLoss(network, a, black)).toThrow(/\[2,8,8,3\].*\[1,8,8,3\]/);
  });
});

describe("LpipsVgg16", () => {
  it("names what its tensors lack, and pictures that are too small", () => {
    const tensors = new Map<string, HostTensor>([
      ["features.0.weight", { dtype: "F32", shape: [4, 3, 3, 3], data: new Float32Array(108) }],
      ["features.0.bias", { dtype: "F32", shape: [5], data: new Float32Array(5) }],
      ["classifier.0.weight", { dtype: "F32", shape: [1], data: new Float32Array(1) }],
      ["extra", { dtype: "F32", shape: [1], data: new Float32Array(1) }],
    ]);
    const before = tf.memory().numTensors;
    expect(() => new LpipsVgg16(tensors)).toThrow(
      /"features.0.bias" has shape \[5\] instead of \[4\]; .* and \d+ more/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("readOnnxTensors", () => {
  type Values = { floats?: number[]; raw?: Uint8Array; isExternal?: boolean };

  /** A model whose graph holds one node, to be passed over, and one initializer. */
  function modelOf(name: string, dims: number[], dataType: number, { floats, raw, isExternal }: Values): Uint8Array {
    const model = new PbfWriter();
    model.writeVarintField(1, 8);
    model.writeMessage(
      7,
      (_, graph) => {
        graph.writeMessage(1, (_, node) => node.writeStringField(4, "Conv"), null);
        graph.writeMessage(
          5,
          (_, tensor) => {
            tensor.writePackedVarint(1, dims);
            tensor.writeVarintField(2, dataType);
            if (floats !== undefined) tensor.writePackedFloat(4, floats);
            tensor.writeStringField(8, name);
            if (raw !== undefined) tensor.writeBytesField(9, raw);
            if (isExternal) tensor.writeVarintField(14, 1);
          },
          null,
        );
      },
      null,
    );
    return model.finish();
  }

  const bytesOf = (values: Float32Array | Float64Array | Uint16Array) => new Uint8Array(values.buffer);

  it("takes floating-point weights in either form, at any place of the file", () => {
    const six = [1, -2, 3, 0.5, 0, 7];
    const cases = [
      [modelOf("a.weight", [2, 3], 1, { floats: six }), { dtype: "F32", shape: [2, 3], data: Float32Array.from(six) }],
      [modelOf("odd", [2, 3], 1, { raw: bytesOf(Float32Array.from(six)) }), { data: Float32Array.from(six) }],
      [modelOf("b", [6], 11, { raw: bytesOf(Float64Array.from(six)) }), { dtype: "F64", data: Float64Array.from(six) }],
      [modelOf("c", [1], 10, { raw: bytesOf(Uint16Array.of(0x3c00)) }), { dtype: "F16", data: Uint16Array.of(0x3c00) }],
    ] as const;
    for (const [model, expected] of cases) {
      // As files are read; slices of a Buffer are no copies.
      expect([...readOnnxTensors(Buffer.from(model)).values()]).toMatchObject([expected]);
    }
    expect([...readOnnxTensors(modelOf("shape", [1], 7, { raw: new Uint8Array(8) }))]).toEqual([]);
  });

  it("says what is wrong with a file", () => {
    expect(() => readOnnxTensors(new Uint8Array([0x3a, 0xff, 0xff]))).toThrow(/no ONNX model/);
    expect(() => readOnnxTensors(new Uint8Array())).toThrow(/no ONNX model with weights/);
    expect(() => readOnnxTensors(modelOf("w", [3], 1, { floats: [1] }))).toThrow(/"w" do not fill its shape \[3\]/);
    expect(() => readOnnxTensors(modelOf("w", [3], 1, { raw: new Uint8Array(11) }))).toThrow(/"w" do not fill/);
    expect(() => readOnnxTensors(modelOf("w", [3], 1, { isExternal: true }))).toThrow(/"w" lie in another file/);
  });
});

describe("frozen encoders", () => {
  const pixels = () => squares(2, 8, 1);

  it("take a map of a network", async () => {
    const network = new DenoisingNetwork({ channels: [4, 6] }, new Generator(1));
    expect((await frozenNetworkEncoder(network).encode(pixels())).shape).toEqual([2, 4, 4, 6]);
    expect((await frozenNetworkEncoder(network, 0).encode(pixels())).shape).toEqual([2, 8, 8, 4]);
    await expect(frozenNetworkEncoder(network, 2).encode(pixels())).rejects.toThrow(/layer \(=2\).*2 maps/);
  });

  it("take the patch tokens of a vision transformer, and say when the library is not there", async () => {
    const seen: unknown[] = [];
    class RawImage {
      constructor(data: Uint8ClampedArray, width: number, height: number, channels: number) {
        seen.push([data.length, width, height, channels]);
      }
    }
    // Five prefix tokens, then 2 x 3 patches of width 2 with the token's number in them.
    const tokens = Array.from({ length: 2 * 11 * 2 }, (_, i) => Math.floor(i / 2) % 11);
    const model = Object.assign(async () => ({ last_hidden_state: { dims: [2, 11, 2], data: tokens } }), {
      config: { patch_size: 14 },
    });
    const processor = async () => ({ pixel_values: { dims: [2, 3, 28, 42], data: [] } });
    const encoder = transformersEncoder({ name: "test", processor, model, RawImage });
    const features = await encoder.encode(pixels());
    expect(features.shape).toEqual([2, 2, 3, 2]);
    expect([...(await features.data())].filter((_, i) => i % 2 === 0)).toEqual([5, 6, 7, 8, 9, 10, 5, 6, 7, 8, 9, 10]);
    expect(seen).toEqual([
      [192, 8, 8, 3],
      [192, 8, 8, 3],
    ]);
    const headless = Object.assign(async () => ({}), { config: {} });
    await expect(
      transformersEncoder({ name: "test", processor, model: headless, RawImage }).encode(pixels()),
    ).rejects.toThrow(/config.patch_size \(=undefined\)/);
    await expect(loadTransformersEncoder("facebook/dinov2-small")).rejects.toThrow(
      'loadTransformersEncoder: "@huggingface/transformers" is not installed; run "npm install @huggingface/transformers"',
    );
  });

  it("take any ONNX network, channels first, and say when the runtime is not there", async () => {
    class Tensor {
      readonly data: Float32Array;
      readonly dims: readonly number[];
      constructor(_: "float32", data: Float32Array, dims: readonly number[]) {
        this.data = data;
        this.dims = dims;
      }
    }
    const runtime: OnnxRuntime = {
      Tensor,
      InferenceSession: {
        create: async () => ({
          inputNames: ["pixels"],
          outputNames: ["map", "flat", "odd"],
          // The network is the identity on its normalised input.
          run: async ({ pixels: input }) => ({
            map: input as Tensor,
            flat: new Tensor("float32", new Float32Array(10), [2, 5]),
            odd: new Tensor("float32", new Float32Array(10), [10]),
          }),
        }),
      },
    };
    const encoderOf = (output?: string) =>
      onnxEncoder(runtime, new Uint8Array(), {
        name: "test",
        size: 8,
        mean: [0.5, 0.5, 0.5],
        std: [0.5, 0.5, 0.5],
        output,
      });
    const input = pixels();
    const features = await (await encoderOf()).encode(input);
    expect(features.shape).toEqual([2, 8, 8, 3]);
    const expected = await input.data();
    (await features.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 5);
    });
    expect((await (await encoderOf("flat")).encode(input)).shape).toEqual([2, 1, 1, 5]);
    await expect((await encoderOf("odd")).encode(input)).rejects.toThrow(/"odd" of test \(dims \[10\]\)/);
    await expect(loadOnnxEncoder(new Uint8Array(), { name: "test", size: 8 })).rejects.toThrow(
      /"onnxruntime-node" is not installed/,
    );
  });
});
