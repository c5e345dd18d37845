/** Damaged and hostile model folders: a clear error naming the thing and the remedy, and nothing stays allocated. */
import { loadPipeline, Pipeline, savePipeline } from "@interfuse/pipeline";
import { type HostTensor, MemoryFiles, readSafetensors, tf, useBackend, writeSafetensors } from "@interfuse/tensor";
import { TextTokenizer, trainBpe } from "@interfuse/text-tokenizer";
import { beforeAll, describe, expect, it } from "vitest";
import { tinyParts } from "../support/pipeline.ts";

const WEIGHTS = "model.safetensors";
const QUERY = "backbone.layers.0.attention.query_key_value.weight";
const saved = new MemoryFiles("out/tiny");

beforeAll(async () => {
  await useBackend({ threads: 1, precision: "f32" });
  const pipeline = new Pipeline(tinyParts({ useAutoencoder: true }));
  await savePipeline(saved, pipeline);
  pipeline.dispose();
});

/** The saved folder with files replaced, or left out where undefined. */
async function folderWith(changes: Record<string, Uint8Array | undefined>): Promise<MemoryFiles> {
  const files = new MemoryFiles("out/tiny");
  for (const path of saved.paths()) {
    const bytes = path in changes ? changes[path] : await saved.read(path);
    if (bytes !== undefined) await files.write(path, bytes);
  }
  return files;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

// biome-ignore lint/suspicious/noExplicitAny: tests reach into parsed JSON
async function changedJson(path: string, change: (json: any) => void): Promise<MemoryFiles> {
  const json = JSON.parse(new TextDecoder().decode(await saved.read(path)));
  change(json);
  return folderWith({ [path]: encode(json) });
}

async function changedWeights(path: string, change: (tensors: Map<string, HostTensor>) => void): Promise<MemoryFiles> {
  const tensors = new Map(readSafetensors(await saved.read(path)).tensors);
  change(tensors);
  return folderWith({ [path]: writeSafetensors(tensors) });
}

async function hostileHeader(header: string): Promise<MemoryFiles> {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return folderWith({ [WEIGHTS]: bytes });
}

const cases: [string, () => Promise<MemoryFiles>, RegExp][] = [
  [
    "no folder at all",
    async () => new MemoryFiles("nowhere"),
    /"config.json".*missing in "nowhere"; give a model folder: .* when it is done, or one of its checkpoints/,
  ],
  [
    "a missing file",
    () => folderWith({ "tokenizer.json": undefined }),
    /"tokenizer.json" missing in "out\/tiny"; the folder is incomplete/,
  ],
  [
    "config that is not JSON",
    () => folderWith({ "config.json": new Uint8Array([123]) }),
    /"config.json" in "out\/tiny" is not JSON/,
  ],
  [
    "another format version",
    () => changedJson("config.json", (c) => (c.formatVersion = 2)),
    /formatVersion \(=2\) must be 1/,
  ],
  ["JSON that is no config", () => folderWith({ "config.json": encode([]) }), /formatVersion \(=undefined\) must be 1/],
  [
    "a setting out of range",
    () => changedJson("config.json", (c) => (c.generation.steps = 0)),
    /generation.steps \(=0\)/,
  ],
  ["an unknown setting", () => changedJson("config.json", (c) => (c.generation.stepz = 3)), /stepz/],
  [
    "a model key out of range",
    () => changedJson("config.json", (c) => (c.model.backbone.numHeads = 0)),
    /numHeads \(=0\)/,
  ],
  [
    "a size that patches do not divide",
    () => changedJson("config.json", (c) => (c.generation.imageSize = 9)),
    /imageSize \(=9\) must be a multiple of 4/,
  ],
  [
    "a gigantic model",
    () => changedJson("config.json", (c) => (c.model.backbone.numLayers = 1e9)),
    /config.json describes a model of at least .* parameters/,
  ],
  [
    "another number of layers",
    () => changedJson("config.json", (c) => (c.model.backbone.numLayers = 3)),
    /"backbone.layers.2.*is missing/,
  ],
  [
    "a model of another vocabulary",
    () => changedJson("config.json", (c) => (c.model.vocabSize = 264)),
    /must lie below vocabSize|more than model.vocabSize/,
  ],
  [
    "other frame ids",
    () => changedJson("config.json", (c) => (c.model.frame.eos = 3)),
    /model.frame.eos \(=3\) must be the text tokenizer's/,
  ],
  [
    "other latent channels",
    () => changedJson("config.json", (c) => (c.model.objective.latentChannels = 3)),
    /latentChannels \(=3\) must be the image tokenizer's \(=4\)/,
  ],
  [
    "a tokenizer that is none",
    () => folderWith({ "tokenizer.json": encode({}) }),
    /"tokenizer.json" in "out\/tiny": .*no "model.vocab"/,
  ],
  [
    "an unknown image tokenizer",
    () => changedJson("image_tokenizer/config.json", (c) => (c.type = "vq")),
    /image_tokenizer.*type \(="vq"\)/,
  ],
  [
    "truncated weights",
    async () => folderWith({ [WEIGHTS]: (await saved.read(WEIGHTS)).slice(0, -10) }),
    /"model.safetensors" in "out\/tiny": readSafetensors: .*damaged/,
  ],
  ["empty weights", () => folderWith({ [WEIGHTS]: new Uint8Array() }), /"model.safetensors".*readSafetensors/],
  [
    "a header that claims too much",
    () => hostileHeader('{"a":{"dtype":"F32","shape":[1000000000,1000000000],"data_offsets":[0,4]}}'),
    /readSafetensors/,
  ],
  [
    "a header that overlaps",
    () =>
      hostileHeader(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      ),
    /readSafetensors/,
  ],
  ["a missing tensor", () => changedWeights(WEIGHTS, (t) => t.delete(QUERY)), new RegExp(`"${QUERY}".* is missing`)],
  [
    "an extra tensor",
    () => changedWeights(WEIGHTS, (t) => t.set("extra", { dtype: "F32", shape: [1], data: new Float32Array(1) })),
    /"extra" is unknown/,
  ],
  [
    "a tensor of another shape",
    () => changedWeights(WEIGHTS, (t) => t.set(QUERY, { dtype: "F32", shape: [2], data: new Float32Array(2) })),
    new RegExp(`"${QUERY}" has shape \\[2\\] instead of \\[72,24\\]`),
  ],
  [
    "a missing tensor of the image tokenizer",
    () => changedWeights("image_tokenizer/model.safetensors", (t) => t.delete([...t.keys()][0] as string)),
    /image_tokenizer\/model.safetensors" in "out\/tiny": .*is missing/,
  ],
];

describe("loadPipeline", () => {
  it.each(cases)("refuses %s", async (_, makeFolder, message) => {
    const folder = await makeFolder();
    const { numTensors } = tf.memory();
    await expect(loadPipeline(folder)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it("reads weights in bfloat16", async () => {
    const folder = await changedWeights(WEIGHTS, (tensors) => {
      for (const [name, { shape }] of tensors) {
        tensors.set(name, {
          dtype: "BF16",
          shape,
          data: new Uint16Array(shape.reduce((a, b) => a * b, 1)).fill(0x3f80),
        });
      }
    });
    const pipeline = await loadPipeline(folder);
    for (const variable of pipeline.model.parameters().values()) {
      expect((await variable.data()).every((value) => value === 1)).toBe(true);
    }
    pipeline.dispose();
  });
});

describe("savePipeline", () => {
  it("writes nothing when the parts do not belong together", async () => {
    const parts = tinyParts();
    const textTokenizer = TextTokenizer.fromVocabulary(trainBpe([], { vocabSize: 262 }));
    const files = new MemoryFiles();
    await expect(savePipeline(files, { ...parts, textTokenizer })).rejects.toThrow(
      /model.frame.boi .* must be the text tokenizer's/,
    );
    const generation = { imageSize: 8, guidanceScale: -1 };
    await expect(savePipeline(files, { ...parts, generation })).rejects.toThrow(/guidanceScale \(=-1\)/);
    expect(files.paths()).toEqual([]);
    new Pipeline(parts).dispose();
    textTokenizer.dispose();
  });
});
