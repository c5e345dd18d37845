import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadPicture } from "../files/decode-picture.ts";
import { openDataset } from "../loader/open-dataset.ts";
import { listEmoji } from "./emoji-list.ts";
import { renderEmoji } from "./render-emoji.ts";
import { isHeldOutEmoji, writeEmoji } from "./write-emoji.ts";

const folder = await mkdtemp(join(tmpdir(), "interfuse-emoji-"));
afterAll(() => rm(folder, { recursive: true }));
const hasFont = (await renderEmoji("😀", 32)) !== undefined;

test("sizes and limits that are none are named", async () => {
  await expect(renderEmoji("😀", 0)).rejects.toThrow("renderEmoji: size (=0)");
  await expect(writeEmoji("never", { limit: -1 })).rejects.toThrow("writeEmoji: limit (=-1)");
});

test("a base emoji and its skin tones share a side of the split", () => {
  const all = listEmoji();
  const sideOfBase = new Map<string, boolean>();
  for (const emoji of all) {
    expect(sideOfBase.get(emoji.base) ?? isHeldOutEmoji(emoji)).toBe(isHeldOutEmoji(emoji));
    sideOfBase.set(emoji.base, isHeldOutEmoji(emoji));
  }
  expect(sideOfBase.size).toBeGreaterThan(1900);
  expect(all.length).toBeGreaterThan(3900);
  const share = [...sideOfBase.values()].filter(Boolean).length / sideOfBase.size;
  expect(share).toBeGreaterThan(0.07);
  expect(share).toBeLessThan(0.13);
});

test("text that the font has no coloured glyph for is left out", async () => {
  expect(await renderEmoji("A", 32)).toBeUndefined();
  expect(await renderEmoji("\u{1fad7}\u200d\u{1fad7}", 32)).toBeUndefined();
});

// There is nothing to draw without a colour emoji font; under CI=true, where set-up installs one, it runs and fails instead.
test.skipIf(!hasFont && process.env.CI !== "true")(
  "emoji are written with their names (skipped without a colour emoji font)",
  async () => {
    const path = join(folder, "emoji");
    const report = await writeEmoji(path, { size: 24, limit: 60 });
    expect(report.numTrainPictures + report.numTestPictures + report.numLeftOut).toBe(60);
    expect(report.numTrainPictures).toBeGreaterThan(40);
    const [first] = (await readFile(join(path, "train", "metadata.jsonl"), "utf8")).split("\n");
    expect(JSON.parse(first ?? "")).toEqual({
      file_name: "1F600.png",
      text: "grinning face",
      emoji: "😀",
      base: "1F600",
    });
    const grin = await loadPicture(join(path, "train", "1F600.png"));
    const centre = [...grin.data.subarray((12 * 24 + 4) * 3, (12 * 24 + 4) * 3 + 3)] as [number, number, number];
    expect(centre[0]).toBeGreaterThan(200);
    expect(centre[2]).toBeLessThan(140);
    expect([...grin.data.subarray(0, 3)]).toEqual([255, 255, 255]);
    const dataset = await openDataset(path);
    expect(dataset.report).toMatchObject({ numPictures: report.numTrainPictures, warnings: [] });
  },
);
