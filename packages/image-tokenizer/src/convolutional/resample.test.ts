import { Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import { averageChannels, channelsToSpace, repeatChannels, spaceToChannels } from "./pixel-shuffle.ts";
import { Downsample, Upsample } from "./resample.ts";
import type { ConvolutionalSizes } from "./sizes.ts";
import { upsampledConvolution } from "./upsampled-convolution.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

function random(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.tensor4d(new Generator(3).normalArray(tf.util.sizeFromShape(shape)), shape);
}

/** `x[0, y, x, c]` as a function. */
function reader(tensor: tf.Tensor4D) {
  const [, height, width, channels] = tensor.shape;
  const values = tensor.dataSync();
  return {
    height,
    width,
    channels,
    at: (y: number, x: number, c: number) => values[(y * width + x) * channels + c] as number,
  };
}

/** DC-AE's downsampling operator of a picture: mean over groups of the channels that pixel_unshuffle gives. */
function averagedSquares(input: tf.Tensor4D, outputChannels: number): number[] {
  const { height, width, channels, at } = reader(input);
  const group = (4 * channels) / outputChannels;
  const result: number[] = [];
  for (let y = 0; y < height / 2; y++) {
    for (let x = 0; x < width / 2; x++) {
      for (let output = 0; output < outputChannels; output++) {
        let sum = 0;
        for (let i = output * group; i < (output + 1) * group; i++) {
          sum += at(2 * y + ((i >> 1) & 1), 2 * x + (i & 1), i >> 2);
        }
        result.push(sum / group);
      }
    }
  }
  return result;
}

/** DC-AE's upsampling operator: `pixel_shuffle(repeat_interleave(x))`. */
function repeatedSquares(input: tf.Tensor4D, outputChannels: number): number[] {
  const { height, width, channels, at } = reader(input);
  const repeats = (4 * outputChannels) / channels;
  const result: number[] = [];
  for (let y = 0; y < 2 * height; y++) {
    for (let x = 0; x < 2 * width; x++) {
      for (let output = 0; output < outputChannels; output++) {
        const shuffled = 4 * output + 2 * (y & 1) + (x & 1);
        result.push(at(y >> 1, x >> 1, Math.floor(shuffled / repeats)));
      }
    }
  }
  return result;
}

function zeroConvolutions(parameters: Map<string, tf.Variable>): void {
  for (const variable of parameters.values()) variable.assign(tf.zerosLike(variable));
}

function expectEqual(actual: tf.Tensor, expected: readonly number[]): void {
  expect(actual.size).toBe(expected.length);
  actual.dataSync().forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-6);
  });
}

describe("pixel shuffling", () => {
  it("orders channels as pixel_unshuffle does, and is undone", () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
    expect([...spaceToChannels(x).dataSync()]).toEqual([1, 3, 5, 7, 2, 4, 6, 8]);
    const y = random([2, 4, 6, 3]);
    expect(channelsToSpace(spaceToChannels(y)).dataSync()).toEqual(y.dataSync());
  });

  it("averages and repeats neighbouring channels", () => {
    const x = tf.tensor4d([1, 3, 5, 9], [1, 1, 1, 4]);
    expect([...averageChannels(x, 2).dataSync()]).toEqual([2, 7]);
    expect([...repeatChannels(tf.tensor4d([1, 2], [1, 1, 1, 2]), 4).dataSync()]).toEqual([1, 1, 2, 2]);
  });
});

describe("a block of zero weights with shortcuts", () => {
  it.each([
    [4, 4],
    [4, 8],
    [8, 4],
  ])("averages %d channels to %d going down, exactly", (inputChannels, outputChannels) => {
    const block = new Downsample({ inputChannels, outputChannels, resampling: "shuffle-residual" }, new Generator(1));
    zeroConvolutions(block.parameters());
    const x = random([1, 4, 6, inputChannels]);
    expect(block.forward(x).shape).toEqual([1, 2, 3, outputChannels]);
    expectEqual(block.forward(x), averagedSquares(x, outputChannels));
  });

  it.each([
    [4, 4],
    [8, 4],
    [4, 8],
  ])("repeats %d channels to %d going up, exactly", (inputChannels, outputChannels) => {
    const block = new Upsample({ inputChannels, outputChannels, resampling: "shuffle-residual" }, new Generator(1));
    zeroConvolutions(block.parameters());
    const x = random([1, 2, 3, inputChannels]);
    expect(block.forward(x).shape).toEqual([1, 4, 6, outputChannels]);
    expectEqual(block.forward(x), repeatedSquares(x, outputChannels));
  });

  it("gives zeros without shortcuts", () => {
    const options = { inputChannels: 4, outputChannels: 4, resampling: "shuffle" } as const;
    for (const block of [new Downsample(options, new Generator(1)), new Upsample(options, new Generator(1))]) {
      zeroConvolutions(block.parameters());
      expect(
        block
          .forward(random([1, 2, 2, 4]))
          .abs()
          .max()
          .dataSync()[0],
      ).toBe(0);
    }
  });
});

describe("encoder and decoder with shortcuts", () => {
  const sizes: ConvolutionalSizes = {
    baseChannels: 4,
    channelMultipliers: [1, 2, 2],
    blocksPerLevel: 1,
    latentChannels: 4,
    normGroups: 2,
    useAttention: false,
    resampling: "shuffle-residual",
  };

  it("carry averaged features to the latents, and the latents to the decoder, past zero weights", () => {
    const encoder = new Encoder(sizes, { outputChannels: 6 }, new Generator(1));
    for (const [name, variable] of encoder.parameters()) {
      if (/(conv2|downsample|output)\./.test(name)) variable.assign(tf.zerosLike(variable));
    }
    const pixels = random([1, 8, 8, 3]);
    const output = encoder.forward(pixels);
    expect(output.shape).toEqual([1, 2, 2, 6]);
    expect(output.slice([0, 0, 0, 0], [1, 2, 2, 4]).abs().min().dataSync()[0]).toBeGreaterThan(0);
    expect(output.slice([0, 0, 0, 4], [1, 2, 2, 2]).abs().max().dataSync()[0]).toBe(0);

    const decoder = new Decoder(sizes, new Generator(1));
    for (const [name, variable] of decoder.parameters()) {
      if (/(conv2|upsample|input)\./.test(name)) variable.assign(tf.zerosLike(variable));
    }
    const flat = decoder.forward(tf.ones([1, 2, 2, 4]));
    expect(flat.shape).toEqual([1, 8, 8, 3]);
    expect(decoder.forward(random([1, 2, 2, 4])).dataSync()).not.toEqual(flat.dataSync());
  });

  it("send a gradient to every parameter", () => {
    const encoder = new Encoder(sizes, { outputChannels: 4 }, new Generator(1));
    const decoder = new Decoder(sizes, new Generator(2));
    const parameters = new Map([
      ...[...encoder.parameters()].map(([name, variable]) => [`encoder.${name}`, variable] as const),
      ...[...decoder.parameters()].map(([name, variable]) => [`decoder.${name}`, variable] as const),
    ]);
    const pixels = random([1, 8, 8, 3]);
    const before = tf.memory().numTensors;
    const { outputs, gradients } = valueAndGrads(
      () => ({ loss: decoder.forward(encoder.forward(pixels)).sub(pixels).square().sum() }),
      parameters,
    );
    for (const [name, gradient] of gradients) {
      expect(
        tf.tidy(() => gradient.abs().max().dataSync()[0]),
        name,
      ).toBeGreaterThan(0);
    }
    tf.dispose([outputs.loss, ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("upsampledConvolution", () => {
  it("is the convolution of the doubled picture, with its gradients", () => {
    const x = random([2, 3, 4, 2]);
    const weight = tf.tensor(new Generator(5).normalArray(3 * 3 * 2 * 3), [3, 3, 2, 3]);
    const bias = tf.tensor1d([0.5, -1, 2]);
    const dy = random([2, 6, 8, 3]);
    const direct = () => {
      const columns = x.reshape([24, 1, 2]).tile([1, 2, 1]).reshape([6, 1, 16]);
      const doubled = columns.tile([1, 2, 1]).reshape<tf.Tensor4D>([2, 6, 8, 2]);
      return tf.conv2d(doubled, weight as tf.Tensor4D, 1, "same").add<tf.Tensor4D>(bias);
    };
    const gradientsOf = (f: () => tf.Tensor4D) => {
      const inputs = new Map<string, tf.Tensor>([
        ["x", x],
        ["weight", weight],
        ["bias", bias],
      ]);
      return valueAndGrads(() => ({ loss: f().mul(dy).sum<tf.Scalar>() }), inputs).gradients;
    };
    const ours = () => upsampledConvolution(x, weight, bias, { top: 1, bottom: 1 });
    expect(ours().shape).toEqual([2, 6, 8, 3]);
    const expected = gradientsOf(direct).set("y", direct());
    for (const [name, actual] of gradientsOf(ours).set("y", ours())) {
      const difference = actual.sub(expected.get(name) as tf.Tensor);
      expect(difference.abs().max().dataSync()[0], name).toBeLessThan(1e-5);
    }
  });

  it("takes given rows above and below for zeros, and does not double them", () => {
    const x = random([1, 5, 4, 2]);
    const weight = tf.tensor(new Generator(5).normalArray(3 * 3 * 2 * 2), [3, 3, 2, 2]);
    const bias = tf.zeros([2]);
    const whole = upsampledConvolution(x, weight, bias, { top: 1, bottom: 1 });
    const middle = upsampledConvolution(x.slice([0, 1, 0, 0], [1, 3, 4, 2]), weight, bias, { top: 0, bottom: 0 });
    expectEqual(middle, [...whole.slice([0, 4, 0, 0], [1, 2, 8, 2]).dataSync()]);
  });
});
