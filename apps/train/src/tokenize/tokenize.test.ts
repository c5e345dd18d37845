import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  directorySink,
  inspectDataset,
  loadPicture,
  openDataset,
  openTokenizedDataset,
  savePicture,
  writeScenes,
} from "@interfuse/data";
import { codebookUsage } from "@interfuse/evaluation";
import {
  type ImageTokenizer,
  imageTokenizerFromConfig,
  klAutoencoderRecipes,
  type Picture,
  quantizedAutoencoderRecipes,
} from "@interfuse/image-tokenizer";
import { Generator, type HostTensor, readSafetensors, tf, useBackend, writeSafetensors } from "@interfuse/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PictureEncoder } from "../batches/picture-encoder.ts";
import { writeImageTokenizer } from "../image-tokenizer/image-tokenizer-folder.ts";
import { hashImageTokenizer } from "../image-tokenizer/image-tokenizer-hash.ts";
import { openModelParts } from "../model/model-parts.ts";
import { openRows } from "../model/train-model.ts";
import { debugModel } from "../recipes/model-debug.ts";
import { codeChart } from "./code-chart.ts";
import { decodeDataset } from "./decode-dataset.ts";
import { encodeDataset } from "./encode-dataset.ts";
import { inspectTokenizer } from "./inspect-tokenizer.ts";

const tokenizers = { kl: klAutoencoderRecipes.debug(), vq: quantizedAutoencoderRecipes.debug() };
const kinds = Object.keys(tokenizers) as (keyof typeof tokenizers)[];

let folder: string;
let scenes: string;
beforeAll(async () => {
  await useBackend({ backend: "wasm" });
  folder = await mkdtemp(join(tmpdir(), "interfuse-tokenize-"));
  scenes = join(folder, "scenes");
  await writeScenes(scenes, { numScenes: 6, numCasesPerTask: 1 });
  for (const kind of kinds) {
    const tokenizer = make(kind);
    await writeImageTokenizer(directorySink(join(folder, kind)), tokenizer);
    await encodeDataset({ tokenizer, data: scenes, out: join(folder, `${kind}-scenes`), log: () => undefined });
    tokenizer.dispose();
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function make(kind: keyof typeof tokenizers, seed = 1): ImageTokenizer {
  return imageTokenizerFromConfig(tokenizers[kind], new Generator(seed));
}

describe("encoding a data set", () => {
  it.each(kinds)("%s: keeps its rows and parts, and what the tokenizer makes of every picture", async (kind) => {
    const plain = await inspectDataset(scenes);
    const tokenized = await inspectDataset(join(folder, `${kind}-scenes`));
    for (const split of ["train", "test"] as const) {
      expect(tokenized[split]).toMatchObject({
        kind: "tokenized",
        examplesByTask: plain[split]?.examplesByTask,
        numPictures: plain[split]?.numPictures,
        sizes: plain[split]?.sizes,
      });
    }
    const tokenizer = make(kind);
    const { dataset, tokenization } = (await openTokenizedDataset(join(folder, `${kind}-scenes`)))!;
    expect(tokenization).toEqual({
      kind: kind === "kl" ? "latents" : "indices",
      imageTokenizer: { hash: await hashImageTokenizer(tokenizer), type: tokenizer.config.type },
    });
    const pictures = await openDataset(scenes);
    const encoder = new PictureEncoder(tokenizer);
    const before = tf.memory().numTensors;
    for (const file of pictures.pictureFiles().slice(0, 3)) {
      const [picture, encoded] = [await pictures.readPicture(file), await dataset.readPicture(file)];
      const latentsOf = await encoder.encode([picture, encoded]);
      expect(latentsOf(encoded)).toEqual(latentsOf(picture));
    }
    expect(tf.memory().numTensors).toBe(before);
    tokenizer.dispose();
  });

  it("keeps odd sizes, and decodes to them", async () => {
    const pictures = join(folder, "odd");
    const picture = (width: number, height: number): Picture => ({
      width,
      height,
      data: new Uint8Array(width * height * 3).fill(90),
    });
    await savePicture(join(pictures, "wide.png"), picture(11, 6));
    await savePicture(join(pictures, "tall.png"), picture(5, 9));
    const tokenizer = make("vq");
    const out = join(folder, "odd-encoded");
    expect(await encodeDataset({ tokenizer, data: pictures, out, log: () => undefined })).toMatchObject({
      numPictures: 2,
      numValues: 3 * 2 + 2 * 3,
    });
    tokenizer.dispose();
    await decodeDataset({ data: out, out: join(folder, "odd-decoded") });
    expect(await loadPicture(join(folder, "odd-decoded", "train", "wide.png"))).toMatchObject({ width: 11, height: 6 });
    expect(await loadPicture(join(folder, "odd-decoded", "train", "tall.png"))).toMatchObject({ width: 5, height: 9 });
  });

  it("leaves nothing behind when a picture does not fit", async () => {
    await savePicture(join(folder, "tiny", "a.png"), { width: 2, height: 8, data: new Uint8Array(48) });
    const tokenizer = make("kl");
    const out = join(folder, "tiny-encoded");
    await expect(encodeDataset({ tokenizer, data: join(folder, "tiny"), out, log: () => undefined })).rejects.toThrow(
      /"a.png": .*width \(=2\) must be at least the downsampling factor \(=4\)/,
    );
    tokenizer.dispose();
    expect((await readdir(folder)).filter((name) => name.startsWith("tiny-"))).toEqual([]);
  });
});

describe("decoding", () => {
  it.each(kinds)("%s: gives the tokenizer's reconstructions, as a data set", async (kind) => {
    const out = join(folder, `${kind}-decoded`);
    const before = tf.memory().numTensors;
    const { numPictures } = await decodeDataset({ data: join(folder, `${kind}-scenes`), out });
    expect(tf.memory().numTensors).toBe(before);
    const [original, decoded] = [await inspectDataset(scenes), await inspectDataset(out)];
    expect(decoded.test?.examplesByTask).toEqual(original.test?.examplesByTask);
    expect(numPictures).toBe((original.train?.numPictures ?? 0) + (original.test?.numPictures ?? 0));
  });

  it("says what is no tokenized data set", async () => {
    await expect(decodeDataset({ data: scenes, out: join(folder, "x") })).rejects.toThrow(/no tokenized data set/);
  });

  const latents = (shape: number[], value: number): HostTensor => {
    const data = new Float32Array(tf.util.sizeFromShape(shape));
    data[3] = value;
    return { dtype: "F32", shape, data };
  };
  const codes: HostTensor = { dtype: "U16", shape: [1, 1], data: Uint16Array.of(32) };
  it.each([
    ["vq", "codes out of range", codes, /indices\[0\] \(=32\) must lie in \[0, 32\)/],
    [
      "kl",
      "latents of the wrong width",
      latents([8, 8, 3], 0),
      /have shape \[8,8,3\]; the image tokenizer's are \[h, w, 4\]/,
    ],
    ["kl", "NaN among latents", latents([8, 8, 4], Number.NaN), /latents\[3\] \(=NaN\) must be finite/],
  ] as const)("%s: names the picture with %s, as training on it does", async (kind, name, wrong, message) => {
    const data = join(folder, name.replaceAll(" ", "-"));
    await cp(join(folder, `${kind}-scenes`), data, { recursive: true });
    const shard = join(data, "train", "pictures-00000.safetensors");
    const tensors = new Map(readSafetensors(await readFile(shard)).tensors);
    const file = [...tensors.keys()][1] as string;
    tensors.set(file, wrong);
    await writeFile(shard, writeSafetensors(tensors));
    const before = tf.memory().numTensors;
    const decoded = decodeDataset({ data, out: join(folder, "never") });
    await expect(decoded).rejects.toThrow(message);
    await expect(decoded).rejects.toThrow(`"${file}": `);
    const { dataset } = (await openTokenizedDataset(data))!;
    const tokenizer = make(kind);
    await expect(new PictureEncoder(tokenizer).encode([await dataset.readPicture(file)])).rejects.toThrow(message);
    tokenizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect((await readdir(folder)).filter((entry) => entry.startsWith("never"))).toEqual([]);
  });
});

describe("a model", () => {
  const recipe = {
    ...debugModel(),
    model: { ...debugModel().model, objective: { ...debugModel().model.objective, patchSize: 2 } },
  };

  it.each(kinds)("%s: trains on the same rows from encoded data as from the pictures", async (kind) => {
    const rows = [];
    for (const data of [scenes, join(folder, `${kind}-scenes`)]) {
      const parts = await openModelParts({ recipe, data, imageTokenizer: join(folder, kind), log: () => undefined });
      const stream = openRows(parts, recipe);
      rows.push([(await stream.next()).value, (await stream.next()).value]);
      for (const part of [parts.model, parts.imageTokenizer, parts.textTokenizer]) part.dispose();
    }
    expect(rows[1]).toEqual(rows[0]);
  });

  it("takes the tokenizer that the data hold, and no other", async () => {
    const lines: string[] = [];
    const data = join(folder, "kl-scenes");
    const parts = await openModelParts({ recipe, data, log: (line) => lines.push(line) });
    expect(parts.imageTokenizer.config.type).toBe("kl-autoencoder");
    expect(lines.join()).toMatch(/encoded by image tokenizer [0-9a-f]{12}/);
    for (const part of [parts.model, parts.imageTokenizer, parts.textTokenizer]) part.dispose();
    const other = make("kl", 2);
    await writeImageTokenizer(directorySink(join(folder, "other")), other);
    other.dispose();
    const before = tf.memory().numTensors;
    await expect(
      openModelParts({ recipe, data, imageTokenizer: join(folder, "other"), log: () => undefined }),
    ).rejects.toThrow(/was encoded by image tokenizer [0-9a-f]{12} .* not by the one in ".*other", [0-9a-f]{12}/);
    expect(tf.memory().numTensors).toBe(before);
    const resized = { ...recipe, batch: { ...recipe.batch, pictureSize: 64 } };
    await expect(openModelParts({ recipe: resized, data, log: () => undefined })).rejects.toThrow(
      /pictureSize \(=64\).*encoded at 32/,
    );
  });
});

describe("inspecting", () => {
  it.each(kinds)("%s: writes its pictures and figures", async (kind) => {
    const tokenizer = make(kind);
    const before = tf.memory().numTensors;
    const out = join(folder, `${kind}-inspected`);
    const report = await inspectTokenizer({ tokenizer, data: scenes, out, count: 3 });
    expect(tf.memory().numTensors).toBe(before);
    tokenizer.dispose();
    const names =
      kind === "vq" ? ["codes.png", "latents.png", "reconstructions.png"] : ["latents.png", "reconstructions.png"];
    expect((await readdir(out)).sort()).toEqual(names);
    expect(report.files).toHaveLength(names.length);
    expect(report.numPictures).toBe(3);
    expect(report.codes?.numCodes).toBe(kind === "vq" ? 32 : undefined);
    for (const file of report.files) expect((await readFile(file)).subarray(1, 4).toString()).toBe("PNG");
  });

  it("names a picture that does not fit", async () => {
    await savePicture(join(folder, "narrow", "b.png"), { width: 8, height: 3, data: new Uint8Array(72) });
    const tokenizer = make("kl");
    await expect(
      inspectTokenizer({ tokenizer, data: join(folder, "narrow"), out: join(folder, "never"), count: 3 }),
    ).rejects.toThrow(/"b.png": .*height \(=3\) must be at least the downsampling factor \(=4\)/);
    tokenizer.dispose();
  });

  it("draws codes from the most frequent to those never used", () => {
    const { picture, caption } = codeChart(codebookUsage([2, ...Array.from({ length: 100 }, () => 1)], 4));
    expect(caption).toContain("101 indices: 2 of 4 codes used (50.0%), perplexity 1.1");
    const bars = Array.from({ length: 4 }, (_, code) => {
      const x = 64 + code * 128;
      let height = 0;
      for (let y = 0; y < picture.height; y++)
        if ((picture.data[(y * picture.width + x) * 3] as number) < 200) height++;
      return height;
    });
    expect(bars[0]).toBe(picture.height);
    expect(bars[1]).toBeGreaterThan(0);
    expect(bars[1]).toBeLessThan(picture.height / 2);
    expect(bars.slice(2)).toEqual([0, 0]);
  });
});
