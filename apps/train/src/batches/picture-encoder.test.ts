import { KlAutoencoder, klAutoencoderRecipes, type Picture, PixelTokenizer } from "@interfuse/image-tokenizer";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, expect, it } from "vitest";
import { PictureEncoder } from "./picture-encoder.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

const picture: Picture = { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(100) };

it("keeps the latents of a tokenizer that compresses", async () => {
  const encoder = new PictureEncoder(new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(0, "encoder")));
  const first = await encoder.encode([picture, picture]);
  const second = await encoder.encode([picture]);
  expect(second(picture)).toBe(first(picture));
});

it("makes those of raw pixels again", async () => {
  const encoder = new PictureEncoder(new PixelTokenizer());
  const first = await encoder.encode([picture]);
  const second = await encoder.encode([picture]);
  expect(second(picture)).not.toBe(first(picture));
  expect(second(picture)).toEqual(first(picture));
});

it("gives a picture the same latents in any company", async () => {
  class RoundingByBatch extends KlAutoencoder {
    override encode(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
      return tf.add(super.encode(pixels_BHWC), pixels_BHWC.shape[0]);
    }
  }
  const other: Picture = { ...picture, data: new Uint8Array(16 * 16 * 3).fill(50) };
  const tokenizer = new RoundingByBatch(klAutoencoderRecipes.debug(), new Generator(0, "encoder"));
  const together = await new PictureEncoder(tokenizer).encode([other, picture]);
  const alone = await new PictureEncoder(tokenizer).encode([picture]);
  expect(together(picture)).toEqual(alone(picture));
});
