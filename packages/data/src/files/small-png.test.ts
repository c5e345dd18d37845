import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addPngText, type Picture } from "@interfuse/image-tokenizer";
import { Generator } from "@interfuse/tensor";
import sharp, { type PngOptions } from "sharp";
import { expect, test } from "vitest";
import { loadPicture } from "./decode-picture.ts";
import { encodePng } from "./encode-picture.ts";
import { decodeSmallPng, encodeSmallPng, isSmall } from "./small-png.ts";

/** Noise beside a smooth part, so that every filter is the best one somewhere. */
function pictureOf(width: number, height: number): Picture {
  const generator = new Generator(width, `small-png/${height}`);
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    i % (3 * width) < width ? generator.uniform() * 256 : (i * 3) % 256,
  );
  return { width, height, data };
}

const bySharp = async ({ width, height, data }: Picture, options: PngOptions = {}) =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png(options)
    .toBuffer();

test.each([
  [1, 1],
  [31, 7],
  [32, 32],
  [64, 64],
])("%d x %d pixels are written for sharp and read from sharp exactly", async (width, height) => {
  const picture = pictureOf(width, height);
  const read = await sharp(encodeSmallPng(picture, 6)).raw().toBuffer({ resolveWithObject: true });
  expect(read.info).toMatchObject({ width, height, channels: 3 });
  expect(Uint8Array.from(read.data)).toEqual(picture.data);
  for (const adaptiveFiltering of [false, true]) {
    expect(decodeSmallPng(await bySharp(picture, { adaptiveFiltering }))).toEqual(picture);
  }
});

test("text beside the pixels does no harm", async () => {
  const picture = pictureOf(8, 8);
  expect(decodeSmallPng(addPngText(encodeSmallPng(picture, 6), { prompt: "a red circle", note: "ё" }))).toEqual(
    picture,
  );
});

test("no damaged file is taken for a picture", () => {
  const png = encodeSmallPng(pictureOf(6, 5), 6);
  for (let length = 0; length < png.length; length++) {
    expect(decodeSmallPng(png.subarray(0, length)), `${length} bytes`).toBeUndefined();
  }
  for (let at = 0; at < png.length; at++) {
    const damaged = Uint8Array.from(png);
    damaged[at] = (damaged[at] as number) ^ 0x11;
    expect(decodeSmallPng(damaged), `byte ${at}`).toBeUndefined();
  }
});

test("what says how pixels are to be read is left to sharp", async () => {
  const picture = pictureOf(4, 3);
  const { width, height, data } = picture;
  const raw = () => sharp(data, { raw: { width, height, channels: 3 } });
  const others = [
    await raw().withMetadata({ orientation: 6 }).png().toBuffer(),
    await raw().withIccProfile("p3").png().toBuffer(),
    await raw().ensureAlpha(0.5).png().toBuffer(),
    await raw().toColourspace("b-w").png().toBuffer(),
    await raw().png({ palette: true }).toBuffer(),
    await raw().toColourspace("rgb16").png().toBuffer(),
    await raw().png({ progressive: true }).toBuffer(),
    await raw().jpeg().toBuffer(),
  ];
  for (const [index, file] of others.entries()) expect(decodeSmallPng(file), String(index)).toBeUndefined();
  expect(await loadPicture(others[0] as Buffer)).toMatchObject({ width: height, height: width });
});

test("a larger picture takes sharp's way", async () => {
  const picture = pictureOf(65, 64);
  expect(isSmall(picture)).toBe(false);
  const png = await encodePng(picture);
  expect(decodeSmallPng(png)).toBeUndefined();
  expect(await loadPicture(png)).toEqual(picture);
});

test("files are read by name, fitted, and refused as others are", async () => {
  const folder = await mkdtemp(join(tmpdir(), "interfuse-small-png-"));
  try {
    const file = join(folder, "a.PNG");
    const picture = pictureOf(8, 8);
    await writeFile(file, await encodePng(picture));
    expect(await loadPicture(file)).toEqual(picture);
    expect(await loadPicture(file, { size: 8 })).toEqual(picture);
    const reduced = await sharp(file).resize(4, 4).raw().toBuffer();
    expect(await loadPicture(file, { size: 4 })).toEqual({ width: 4, height: 4, data: Uint8Array.from(reduced) });
    await expect(loadPicture(file, { maxPixels: 63 })).rejects.toThrow("more than 63 pixels");
    await expect(loadPicture(join(folder, "b.png"))).rejects.toThrow("no such file");
  } finally {
    await rm(folder, { recursive: true });
  }
});
