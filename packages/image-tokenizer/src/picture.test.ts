import { tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { type Picture, picturesToTensor, pictureToPixels, pixelsToPicture, tensorToPictures } from "./picture.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

const everyByte: Picture = { width: 16, height: 16, data: Uint8Array.from({ length: 768 }, (_, i) => i % 256) };

describe("pictures", () => {
  it("come back unchanged from pixels and tensors, for every byte", async () => {
    const pixels = pictureToPixels(everyByte);
    expect(Math.min(...pixels)).toBe(-1);
    expect(Math.max(...pixels)).toBe(1);
    expect(pixelsToPicture(pixels, everyByte)).toEqual(everyByte);
    const inverted = { ...everyByte, data: everyByte.data.map((byte) => 255 - byte) };
    const tensor = picturesToTensor([everyByte, inverted]);
    expect(tensor.shape).toEqual([2, 16, 16, 3]);
    expect(await tensorToPictures(tensor)).toEqual([everyByte, inverted]);
  });

  it("clamp what is out of range", () => {
    const picture = pixelsToPicture(Float32Array.of(-3, 0, 7), { height: 1, width: 1 });
    expect([...picture.data]).toEqual([0, 128, 255]);
  });

  it("name both values when something does not fit", async () => {
    const size = { height: 1, width: 1 };
    expect(() => pixelsToPicture(Float32Array.of(0, Number.NaN, 0), size)).toThrow("pixel value 1 is NaN");
    expect(() => pictureToPixels({ ...size, data: new Uint8Array(4) })).toThrow("data has 4 values; 1x1 RGB needs 3");
    expect(() => pictureToPixels({ width: 0, height: 2, data: new Uint8Array(0) })).toThrow("width (=0)");
    const small = { ...size, data: new Uint8Array(3) };
    expect(() => picturesToTensor([everyByte, small])).toThrow("picture 1 is 1x1 and the first is 16x16");
    expect(() => picturesToTensor([])).toThrow("empty");
    await expect(tensorToPictures(tf.zeros([1, 1, 1, 4]))).rejects.toThrow("has 4 channels");
  });
});
