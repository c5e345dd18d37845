import { expect, test } from "vitest";
import { readPicture } from "../scene-oracle/read-picture.ts";
import { codebookUsage } from "./codebook-usage.ts";
import { psnr } from "./psnr.ts";
import { ssim } from "./ssim.ts";
import { wilsonInterval } from "./wilson-interval.ts";

const flat = (value: number, side = 16) => ({
  width: side,
  height: side,
  data: new Uint8Array(side * side * 3).fill(value),
});
const ramp = (offset = 0) => {
  const picture = flat(0);
  picture.data.forEach((_, i) => {
    picture.data[i] = ((i * 7) % 200) + offset;
  });
  return picture;
};

test("PSNR of a constant difference of 5 is 20 log10(255 / 5)", () => {
  expect(psnr(flat(100), flat(105))).toBeCloseTo(34.1514, 4);
  expect(psnr(ramp(), ramp())).toBe(Number.POSITIVE_INFINITY);
});

test("SSIM is 1 for equal pictures and follows the formula where only the mean differs", () => {
  expect(ssim(ramp(), ramp())).toBeCloseTo(1, 10);
  const c1 = (0.01 * 255) ** 2;
  expect(ssim(flat(100), flat(120))).toBeCloseTo((2 * 100 * 120 + c1) / (100 ** 2 + 120 ** 2 + c1), 10);
  expect(ssim(ramp(), flat(100))).toBeLessThan(0.1);
});

test("Wilson's interval equals published values", () => {
  // Newcombe (1998), table I, method 3: 81 of 263, and 0 of 20.
  const some = wilsonInterval(81, 263);
  expect(some.low).toBeCloseTo(0.2553, 4);
  expect(some.high).toBeCloseTo(0.3662, 4);
  const none = wilsonInterval(0, 20);
  expect(none.low).toBe(0);
  expect(none.high).toBeCloseTo(0.1611, 4);
});

test("what does not fit together is refused", () => {
  expect(() => psnr(flat(0, 16), flat(0, 12))).toThrow(/16x16 and 12x12/);
  expect(() => ssim(flat(0, 8), flat(0, 8))).toThrow(/at least 11/);
  expect(() => psnr({ ...flat(0), data: new Uint8Array(3) }, flat(0))).toThrow(
    "psnr: a picture of 16x16 must have 768",
  );
  expect(() => ssim(flat(0), { ...flat(0), data: new Uint8Array(4 * 256) })).toThrow("this one has 1024");
  expect(() => readPicture({ ...flat(0), data: new Uint8Array(3) })).toThrow("readPicture: a picture of 16x16");
  expect(() => wilsonInterval(3, 2)).toThrow(/numRight \(=3\)/);
  expect(() => wilsonInterval(Number.NaN, 2)).toThrow(/numRight \(=NaN\)/);
  expect(() => wilsonInterval(1.5, 2)).toThrow(/both whole/);
  expect(() => wilsonInterval(1, 2, -1)).toThrow("z (=-1)");
  expect(() => codebookUsage([0], Number.NaN)).toThrow("codebookSize (=NaN)");
});
