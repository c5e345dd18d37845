import { Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { klAutoencoderRecipes } from "../kl-autoencoder/config.ts";
import { KlAutoencoder } from "../kl-autoencoder/kl-autoencoder.ts";
import { KL_WEIGHT, klLoss } from "../kl-autoencoder/loss.ts";
import { adaptiveWeight } from "./adaptive-weight.ts";
import { runAutoencoder, trainableKl } from "./autoencoder-pass.ts";
import { type EqVaeBranch, runEqVae, sampleEqVaeBranch } from "./eq-vae.ts";
import { equivarianceLoss } from "./equivariance.ts";
import { pixelLoss } from "./pixel-loss.ts";
import { resizeBilinear, rotateQuarterTurns } from "./resample.ts";
import { scaleEquivarianceLoss } from "./scale-equivariance.ts";
import { VisionAlignment, visionAlignmentLoss } from "./vision-alignment.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

const pixelsOf = (seed: number, side = 16) =>
  tf.tensor4d(new Generator(seed).normalArray(2 * side * side * 3), [2, side, side, 3]);

/** An autoencoder whose latents are 4 x 4 means of the pixels: equivariant to quarter turns, and to scales by design. */
const pooling = {
  encode: (pixels: tf.Tensor4D) => {
    const [batch, height, width] = pixels.shape;
    return pixels
      .reshape([batch, height / 4, 4, width / 4, 12])
      .mean(2)
      .reshape([batch, height / 4, width / 4, 4, 3])
      .mean<tf.Tensor4D>(3);
  },
  decode: (latents: tf.Tensor4D) =>
    tf.image.resizeNearestNeighbor(latents, [4 * latents.shape[1], 4 * latents.shape[2]]) as tf.Tensor4D,
};

const first = async (tensor: tf.Tensor): Promise<number> => (await tensor.data())[0] as number;

describe("scaleEquivarianceLoss", () => {
  it("compares the decoded small latents with the small picture, not with the small reconstruction", async () => {
    const pixels = pixelsOf(1);
    const latents = pooling.encode(pixels);
    for (const factor of [2, 4] as const) {
      const side = 16 / factor;
      const { lossSum, numPixelValues } = scaleEquivarianceLoss(
        pooling,
        { latents_BHWC: latents, pixels_BHWC: pixels },
        { factor },
      );
      expect(numPixelValues).toBe(2 * side * side * 3);
      const small = resizeBilinear(latents, { height: 4 / factor, width: 4 / factor });
      const expected = pooling
        .decode(small)
        .sub(resizeBilinear(pixels, { height: side, width: side }))
        .abs()
        .sum();
      expect(await first(lossSum)).toBeCloseTo(await first(expected), 3);
    }
  });

  it("refuses latents that the factor does not divide", () => {
    const pixels_BHWC = pixelsOf(1, 24);
    const latents_BHWC = pooling.encode(pixels_BHWC);
    expect(() => scaleEquivarianceLoss(pooling, { latents_BHWC, pixels_BHWC }, { factor: 4 })).toThrow(
      /height \(=6\) and width \(=6\) must be divisible by factor \(=4\)/,
    );
  });
});

describe("EQ-VAE", () => {
  it("draws its branches with the released probabilities, scales that fit the grid, and real turns", () => {
    const generator = new Generator(3);
    const branches = Array.from({ length: 4000 }, () => sampleEqVaeBranch(generator, 8));
    const share = (kind: EqVaeBranch["branch"]) => branches.filter(({ branch }) => branch === kind).length / 4000;
    expect(share("equivariance")).toBeCloseTo(0.5, 1);
    expect(share("low-resolution")).toBeCloseTo(0.125, 1);
    expect(share("plain")).toBeCloseTo(0.375, 1);
    const numerators = branches.flatMap((branch) => (branch.branch === "plain" ? [] : [branch.numerator]));
    expect([...new Set(numerators)].sort()).toEqual([2, 3, 4, 5, 6, 7]);
    const turns = branches.flatMap((branch) => (branch.branch === "equivariance" ? [branch.quarterTurns] : []));
    expect([...new Set(turns)].sort()).toEqual([1, 2, 3]);
    expect(() => sampleEqVaeBranch(generator, 3)).toThrow(/latentSide \(=3\)/);
  });

  it("changes the latents and the target alike, and encodes the whole picture", async () => {
    const pixels = pixelsOf(2);
    const seen: number[][] = [];
    const watched = {
      ...pooling,
      encode: (x: tf.Tensor4D) => {
        seen.push([...x.shape]);
        return pooling.encode(x);
      },
    };
    const branch = { branch: "equivariance", numerator: 2, quarterTurns: 1 } as const;
    const pass = runEqVae(watched, pixels, { branch, downsampling: 4 });
    expect(seen).toEqual([[2, 16, 16, 3]]);
    expect(pass.reconstruction_BHWC.shape).toEqual([2, 8, 8, 3]);
    const target = rotateQuarterTurns(resizeBilinear(pixels, { height: 8, width: 8 }), 1);
    expect(await first(pass.target_BHWC.sub(target).abs().max())).toBe(0);
    // Halving 4 x 4 means averages four of them, as does halving first and taking means of the small picture.
    expect(
      await first(
        pass.reconstruction_BHWC
          .sub(pooling.decode(pooling.encode(target)))
          .abs()
          .max(),
      ),
    ).toBeLessThan(1e-5);
    const low = runEqVae(watched, pixels, { branch: { branch: "low-resolution", numerator: 3 }, downsampling: 4 });
    expect(seen.at(-1)).toEqual([2, 12, 12, 3]);
    expect(low.target_BHWC.shape).toEqual([2, 12, 12, 3]);
    const plain = runEqVae(watched, pixels, { branch: { branch: "plain" }, downsampling: 4 });
    expect(plain.target_BHWC).toBe(pixels);
    const tooLarge = { branch: { branch: "low-resolution", numerator: 5 } as const, downsampling: 4 };
    expect(() => runEqVae(watched, pixels, tooLarge)).toThrow(/hold latents of 5x5/);
  });
});

describe("equivarianceLoss", () => {
  const change = { numerator: 2, quarterTurns: 3 };

  it("is 0 for latents of an equivariant encoder, and compares what the changed ones decode to with the changed picture", async () => {
    const pixels_BHWC = pixelsOf(3);
    const latents_BHWC = pooling.encode(pixels_BHWC);
    const { latents, pixels } = equivarianceLoss(pooling, { latents_BHWC, pixels_BHWC }, { change });
    expect(await first(latents)).toBeLessThan(1e-6);
    expect(pixels.numPixelValues).toBe(2 * 8 * 8 * 3);
    const target = rotateQuarterTurns(resizeBilinear(pixels_BHWC, { height: 8, width: 8 }), 3);
    const expected = pooling.decode(pooling.encode(target)).sub(target).abs().sum();
    expect(await first(pixels.lossSum)).toBeCloseTo(await first(expected), 3);
  });

  it("gains nothing from smaller latents", async () => {
    const pixels_BHWC = pixelsOf(3);
    const errorAt = (size: number) => {
      // Roots of means are not means of roots: what is encoded of a small picture differs from the small latents.
      const encode = (x: tf.Tensor4D) => pooling.encode(x.abs().sqrt()).mul<tf.Tensor4D>(size);
      const latents_BHWC = encode(pixels_BHWC);
      return first(equivarianceLoss({ ...pooling, encode }, { latents_BHWC, pixels_BHWC }, { change }).latents);
    };
    expect(await errorAt(1)).toBeGreaterThan(0.05);
    expect(await errorAt(1e-3)).toBeCloseTo(await errorAt(1), 5);
  });

  it("refuses changes that are not for the latents", () => {
    const pixels_BHWC = pixelsOf(1);
    const latents_BHWC = pooling.encode(pixels_BHWC);
    const parts = { latents_BHWC, pixels_BHWC };
    expect(() => equivarianceLoss(pooling, parts, { change: { numerator: 5, quarterTurns: 1 } })).toThrow(
      /numerator \(=5\) 1 to the latents' side \(=4\)/,
    );
  });
});

describe("all losses on one pass of a KL autoencoder", () => {
  it("give a gradient to every parameter, and leak nothing", async () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    const alignment = new VisionAlignment({ latentChannels: 4, teacherChannels: 6 }, new Generator(2));
    const teacher = tf.tensor4d(new Generator(3).normalArray(2 * 3 * 3 * 6), [2, 3, 3, 6]);
    const pixels = pixelsOf(4);
    const encoderOutput = autoencoder.parameters().get("encoder.output.weight") as tf.Variable;
    const parameters = new Map([
      ...autoencoder.parameters(),
      ...[...alignment.parameters()].map(([name, variable]) => [`alignment.${name}`, variable] as const),
    ]);
    const before = tf.memory().numTensors;
    const { outputs, gradients } = valueAndGrads(() => {
      let kl: tf.Tensor = tf.scalar(0);
      const trainable = trainableKl(autoencoder, new Generator(5), (posterior) => {
        kl = kl.add(klLoss(posterior));
      });
      const pass = runAutoencoder(trainable, pixels);
      const reconstruction = pixelLoss(pass.reconstruction_BHWC, pass.target_BHWC, "l1");
      const shaping = scaleEquivarianceLoss(trainable, { latents_BHWC: pass.latents_BHWC, pixels_BHWC: pixels });
      const vf = visionAlignmentLoss(alignment, { latents_BHWC: pass.latents_BHWC, teacher_BHWT: teacher });
      const mean = reconstruction.lossSum.div<tf.Scalar>(reconstruction.numPixelValues);
      const vfMean = vf.cosineLossSum.add(vf.distanceLossSum).div<tf.Scalar>(vf.numPictures);
      const weight = adaptiveWeight({ reference: mean, loss: vfMean, parameter: encoderOutput, maximum: 1e8 });
      const loss = mean
        .add(kl.mul(KL_WEIGHT / reconstruction.numPixelValues))
        .add(shaping.lossSum.div(shaping.numPixelValues).mul(0.25))
        .add(vfMean.mul(weight).mul(0.1));
      return { loss, weight };
    }, parameters);
    expect(await first(outputs.weight)).toBeGreaterThan(0);
    for (const [name, gradient] of gradients) {
      const largest = tf.tidy(() => gradient.abs().max());
      expect(await first(largest), name).toBeGreaterThan(0);
      largest.dispose();
    }
    tf.dispose([outputs, ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([pixels, teacher]);
    autoencoder.dispose();
    alignment.dispose();
  });
});

describe("what does not fit", () => {
  it("is named", () => {
    const alignment = new VisionAlignment({ latentChannels: 4, teacherChannels: 6 }, new Generator(2));
    const [latents, teacher] = [tf.zeros<tf.Rank.R4>([2, 4, 4, 4]), tf.zeros<tf.Rank.R4>([1, 4, 4, 6])];
    expect(() => visionAlignmentLoss(alignment, { latents_BHWC: latents, teacher_BHWT: teacher })).toThrow(
      /teacher_BHWT has 1 pictures and latents_BHWC 2/,
    );
    expect(() => visionAlignmentLoss(alignment, { latents_BHWC: teacher, teacher_BHWT: teacher })).toThrow(
      /latents_BHWC has shape \[1,4,4,6\]; it must be \[B, H, W, 4\]/,
    );
    expect(() => pixelLoss(latents, teacher, "l1")).toThrow(/\[2,4,4,4\].*\[1,4,4,6\]/);
    expect(() => resizeBilinear(latents, { height: 1.5, width: 2 })).toThrow(/height \(=1.5\)/);
  });
});
