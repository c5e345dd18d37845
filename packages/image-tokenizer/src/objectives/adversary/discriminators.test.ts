import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { hingeDiscriminatorLoss } from "./hinge-loss.ts";
import { leakyRelu } from "./leaky-relu.ts";
import { PatchDiscriminator } from "./patch-discriminator.ts";
import { relativisticDiscriminatorLoss, relativisticGeneratorLoss } from "./relativistic-loss.ts";
import { ResidualDiscriminator } from "./residual-discriminator.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

const pixels = (batch: number, side: number, seed = 1) =>
  tf.tensor4d(new Generator(seed).normalArray(batch * side * side * 3), [batch, side, side, 3]);

const residual = () =>
  new ResidualDiscriminator({ channels: [4, 6], blocksPerStage: 2, groupChannels: 2, expansion: 2 }, new Generator(1));

describe("discriminators", () => {
  it("score patches of any size, or whole pictures of one", () => {
    const patch = new PatchDiscriminator({ baseChannels: 4, numLayers: 3 }, new Generator(1));
    expect(patch.forward(pixels(2, 32)).shape).toEqual([2, 4]);
    expect(patch.forward(pixels(1, 64)).shape).toEqual([1, 36]);
    expect(() => patch.forward(pixels(1, 16))).toThrow(/16x16 are smaller than 24x24/);
    expect(residual().forward(pixels(2, 8)).shape).toEqual([2, 1]);
    expect(() => residual().forward(pixels(1, 16))).toThrow(/16x16 must be 8x8/);
    expect(() => new PatchDiscriminator({ baseChannels: 0, numLayers: 1 }, new Generator(1))).toThrow(
      /baseChannels \(=0\)/,
    );
    const odd = { channels: [3], blocksPerStage: 1, groupChannels: 4, expansion: 2 };
    expect(() => new ResidualDiscriminator(odd, new Generator(1))).toThrow(/channels\[0\] \(=3\)/);
  });

  it("residual blocks start as the identity", async () => {
    const deep = residual();
    const shallow = new ResidualDiscriminator(
      { channels: [4, 6], blocksPerStage: 1, groupChannels: 2, expansion: 2 },
      new Generator(1),
    );
    const x = pixels(2, 8);
    expect(await deep.forward(x).data()).toEqual(await shallow.forward(x).data());
  });

  it("leaky relu is one", async () => {
    expect([...(await leakyRelu(tf.tensor1d([-2, 0, 3])).data())].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([
      -0.4, 0, 3,
    ]);
  });

  it("losses want pairs, and free what they make", () => {
    const discriminator = residual();
    const [real_BHWC, fake_BHWC, other] = [pixels(2, 8, 1), pixels(2, 8, 2), pixels(1, 8, 3)];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      relativisticGeneratorLoss(discriminator, { real_BHWC, fake_BHWC });
      relativisticDiscriminatorLoss(discriminator, { real_BHWC, fake_BHWC });
    });
    expect(tf.memory().numTensors).toBe(before);
    const uneven = { real_BHWC, fake_BHWC: other };
    expect(() => relativisticDiscriminatorLoss(discriminator, uneven)).toThrow(/\[2,8,8,3\].*\[1,8,8,3\].*paired/);
    expect(() => hingeDiscriminatorLoss(discriminator, uneven)).toThrow(/must have one shape/);
  });
});
