import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "@interfuse/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChatRow } from "../chat-jsonl/chat-row.ts";
import { picturesIn } from "../example.ts";
import { ExampleLoader } from "../loader/example-loader.ts";
import { inspectDataset, openDataset } from "../loader/open-dataset.ts";
import { openEncodedPictures } from "./encoded-picture-store.ts";
import type { EncodedPicture, Tokenization } from "./format.ts";
import { openTokenizedDataset, writeTokenizedDataset } from "./tokenized-dataset.ts";
import { TokenizedWriter } from "./tokenized-writer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-tokenized-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const imageTokenizer = { hash: "abc", type: "kl-autoencoder" };

/** Latents that tell which picture they are. */
const latents = (value: number): EncodedPicture => ({
  values: Float32Array.from({ length: 8 }, (_, i) => value + i / 8),
  shape: [2, 1, 4],
  width: 3,
  height: 7,
});

const indices = (first: number): EncodedPicture => ({
  values: Int32Array.of(first, 5),
  shape: [2],
  width: 8,
  height: 8,
});

const row = (id: string, file: string): ChatRow => ({
  id,
  task: "draw",
  messages: [
    { role: "user", content: id },
    { role: "assistant", content: [{ type: "image", file }] },
  ],
});

/** A data set of pictures "0.png", "1.png", ... */
async function write(name: string, kind: Tokenization["kind"], pictures: readonly EncodedPicture[]): Promise<string> {
  const out = join(folder, name);
  await writeTokenizedDataset(out, { kind, imageTokenizer }, async ({ tokenizer, part }) => {
    await tokenizer.write("config.json", new TextEncoder().encode("{}"));
    const writer = part("train");
    for (const [index, picture] of pictures.entries()) await writer.add(`${index}.png`, picture);
    await writer.close(pictures.map((_, index) => row(`row ${index}`, `${index}.png`)));
  });
  return out;
}

describe("a tokenized data set", () => {
  it("gives back what was written, example by example", async () => {
    const out = await write("a", "latents", [latents(1), latents(2)]);
    const opened = await openTokenizedDataset(out);
    expect(opened?.tokenization).toEqual({ kind: "latents", imageTokenizer });
    expect(await readdir(opened?.tokenizerFolder as string)).toEqual(["config.json"]);
    const dataset = opened?.dataset;
    expect(dataset?.report).toMatchObject({ kind: "tokenized", numPictures: 2, sizes: { "3x7": 2 } });
    const example = await dataset?.readExample(1);
    expect(example && picturesIn(example)).toEqual([latents(2)]);
    expect(await dataset?.readPicture("0.png")).toEqual(latents(1));
    expect([...(dataset?.texts() ?? [])]).toEqual(["row 0", "row 1"]);
  });

  it("is read by a loader in the order of the rows it was made of", async () => {
    const out = await write("a", "latents", [1, 2, 3, 4].map(latents));
    const { dataset } = (await openTokenizedDataset(out))!;
    const loader = new ExampleLoader(dataset, new Generator(1));
    const plain = new ExampleLoader(
      {
        numExamples: 4,
        taskOf: () => "draw",
        readExample: async (index) => ({ id: `row ${index}`, task: "draw", messages: [] }),
      },
      new Generator(1),
    );
    for (let i = 0; i < 8; i++) expect((await loader.next()).id).toBe((await plain.next()).id);
  });

  it("keeps indices, in 16 bits where they fit", async () => {
    const small = await write("small", "indices", [indices(65535)]);
    const large = await write("large", "indices", [indices(65536)]);
    for (const [out, dtype, first] of [
      [small, "U16", 65535],
      [large, "I32", 65536],
    ] as const) {
      const shard = await readFile(join(out, "train", "pictures-00000.safetensors"), "latin1");
      expect(shard).toContain(dtype);
      expect(await (await openTokenizedDataset(out))?.dataset.readPicture("0.png")).toEqual(indices(first));
    }
  });

  it("goes over several shards, with and without memory to keep them", async () => {
    const writer = new TokenizedWriter(folder, { shardBytes: 64 });
    for (let i = 0; i < 5; i++) await writer.add(`${i}.png`, latents(i));
    await writer.close([row("a", "0.png")]);
    const shards = (await readdir(folder)).filter((name) => name.startsWith("pictures-"));
    expect(shards).toHaveLength(3);
    for (const cacheBytes of [0, 2 ** 20]) {
      const store = await openEncodedPictures(folder, { kind: "latents", cacheBytes });
      const [first, again] = [await store.read("3.png"), await store.read("3.png")];
      expect(first).toEqual(latents(3));
      expect(again === first).toBe(cacheBytes > 0);
    }
  });

  it("is inspected, and refused where pictures are needed", async () => {
    const out = await write("a", "latents", [latents(1)]);
    expect((await inspectDataset(out)).train).toMatchObject({ kind: "tokenized", numPictures: 1 });
    await expect(openDataset(out)).rejects.toThrow(/has encoded.*tokenize decode/);
    expect(await openTokenizedDataset(folder)).toBeUndefined();
    await expect(openTokenizedDataset(out, { split: "test" })).rejects.toThrow(/has no test part/);
  });

  it("leaves nothing when filling fails", async () => {
    const failing = writeTokenizedDataset(join(folder, "a"), { kind: "latents", imageTokenizer }, async ({ part }) => {
      await part("train").close([]);
      throw new Error("no more power");
    });
    await expect(failing).rejects.toThrow(/no more power/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a damaged tokenized data set", () => {
  it("is an error that names the file", async () => {
    const out = await write("a", "latents", [latents(1), latents(2)]);
    const shard = join(out, "train", "pictures-00000.safetensors");
    const { dataset } = (await openTokenizedDataset(out, { cacheBytes: 0 }))!;
    await truncate(shard, (await readFile(shard)).length - 4);
    await expect(dataset.readPicture("1.png")).rejects.toThrow(/pictures-00000.safetensors" has been cut short/);
    await expect(dataset.readPicture("9.png")).rejects.toThrow(/"9.png" is not in/);
    await expect(openTokenizedDataset(out)).rejects.toThrow(/pictures-00000.safetensors" is damaged.*truncated/);
    await rm(shard);
    await expect(openTokenizedDataset(out)).rejects.toThrow(/pictures-00000.safetensors/);
    await writeFile(join(out, "train", "pictures.jsonl"), '{"file":"a"}\n');
    await expect(openTokenizedDataset(out)).rejects.toThrow(/pictures.jsonl", line 1/);
    await writeFile(join(out, "tokenized.json"), "{}");
    await expect(openTokenizedDataset(out)).rejects.toThrow(/tokenized.json" is damaged/);
  });

  it("does not take indices for latents", async () => {
    await expect(openTokenizedDataset(await write("a", "latents", [indices(1)]))).rejects.toThrow(
      /"0.png" is U16, which are no latents/,
    );
    await expect(openTokenizedDataset(await write("b", "indices", [latents(1)]))).rejects.toThrow(
      /"0.png" is F32, which are no indices/,
    );
  });
});
