import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadPicture } from "./decode-picture.ts";

let folder: string;
const file = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-decode-"));
});
afterAll(() => rm(folder, { recursive: true }));

const first = (data: Uint8Array) => [...data.subarray(0, 3)];
const create = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } });

test("transparent pixels show the background", async () => {
  const half = { r: 255, g: 0, b: 0, alpha: 0.5 };
  const png = await sharp({ create: { width: 4, height: 4, channels: 4, background: half } })
    .png()
    .toBuffer();
  const picture = await loadPicture(png, { background: [0, 0, 200] });
  expect(picture.data).toHaveLength(4 * 4 * 3);
  // Alpha 128 of 255 leaves 99.6 of the background's 200.
  expect([
    [128, 0, 99],
    [128, 0, 100],
  ]).toContainEqual(first(picture.data));
});

test("greyscale, grey with alpha and 16-bit pictures become 8-bit RGB", async () => {
  const grey = await create(4, 4, "#808080").toColourspace("b-w").png().toBuffer();
  expect((await sharp(grey).metadata()).channels).toBe(1);
  const deep = await create(4, 4, "#804020").toColourspace("rgb16").png().toBuffer();
  expect((await sharp(deep).metadata()).depth).toBe("ushort");
  const deepGrey = await create(4, 4, "#808080").toColourspace("grey16").png().toBuffer();
  expect((await sharp(deepGrey).metadata()).depth).toBe("ushort");
  const greyAlpha = await create(4, 4, "#808080").ensureAlpha(1).toColourspace("b-w").png().toBuffer();
  expect((await sharp(greyAlpha).metadata()).channels).toBe(2);
  for (const [bytes, rgb] of [
    [grey, [128, 128, 128]],
    [deep, [128, 64, 32]],
    [deepGrey, [128, 128, 128]],
    [greyAlpha, [128, 128, 128]],
  ] as const) {
    for (const size of [undefined, 8]) {
      const picture = await loadPicture(bytes, size === undefined ? {} : { size });
      expect(picture.data).toHaveLength(picture.width * picture.height * 3);
      expect(
        Math.max(...first(picture.data).map((value, i) => Math.abs(value - (rgb[i] as number)))),
      ).toBeLessThanOrEqual(1);
    }
  }
});

test("EXIF rotation is applied", async () => {
  const jpeg = await create(20, 10, "red").withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height } = await loadPicture(jpeg);
  expect([width, height]).toEqual([10, 20]);
});

test("cover crops the middle, contain shows all on the background", async () => {
  const wide = await sharp(
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><rect width="90" height="30" fill="#00f"/><rect x="30" width="30" height="30" fill="#f00"/></svg>',
    ),
  )
    .png()
    .toBuffer();
  const covered = await loadPicture(wide, { size: 30 });
  expect([covered.width, covered.height, first(covered.data)]).toEqual([30, 30, [255, 0, 0]]);
  const contained = await loadPicture(wide, { size: 30, fit: "contain", background: [9, 9, 9] });
  expect([contained.width, contained.height, first(contained.data)]).toEqual([30, 30, [9, 9, 9]]);
  const tall = await loadPicture(wide, { size: { width: 16, height: 64 } });
  expect([tall.width, tall.height]).toEqual([16, 64]);
});

test("errors name the file and what to do", async () => {
  await expect(loadPicture(file("none.png"))).rejects.toThrow(/none\.png": no such file/);
  await writeFile(file("text.png"), "this is no picture");
  await expect(loadPicture(file("text.png"))).rejects.toThrow(/text\.png".*not an image/);
  const noise = sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: "black",
      noise: { type: "gaussian", mean: 128, sigma: 30 },
    },
  });
  const png = await noise.png().toBuffer();
  await writeFile(file("cut.png"), png.subarray(0, png.length / 2));
  await expect(loadPicture(file("cut.png"), { size: 8 })).rejects.toThrow(/cut\.png".*truncated/);
  const jpeg = await noise.jpeg().toBuffer();
  await writeFile(file("cut.jpg"), jpeg.subarray(0, jpeg.length / 2));
  await expect(loadPicture(file("cut.jpg"), { size: 8 })).rejects.toThrow(/cut\.jpg".*truncated/);
});

test("an image bomb is refused before it is decoded", async () => {
  const bomb = await create(9000, 9000, "black").png({ compressionLevel: 9 }).toBuffer();
  expect(bomb.length).toBeLessThan(400_000);
  await expect(loadPicture(bomb, { size: 32 })).rejects.toThrow(/more than 64000000 pixels/);
  await expect(loadPicture(await create(50, 50, "red").png().toBuffer(), { maxPixels: 2000 })).rejects.toThrow(
    /maxPixels/,
  );
});

test("wrong options are named, and are no fault of the file", async () => {
  await writeFile(file("good.png"), await create(4, 4, "red").png().toBuffer());
  for (const [options, message] of [
    [{ size: 0 }, "size (=0) must be whole numbers of pixels"],
    [{ size: { width: 3, height: 1.5 } }, 'size (={"width":3,"height":1.5})'],
    [{ fit: "fill" as "cover" }, 'fit (="fill") must be "cover" or "contain"'],
    [{ background: [300, 0, 0] as const }, "background (=[300,0,0])"],
    [{ maxPixels: -1 }, "maxPixels (=-1)"],
  ] as const) {
    await expect(loadPicture(file("good.png"), options)).rejects.toThrow(`loadPicture: ${message}`);
  }
});
