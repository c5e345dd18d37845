/** What a pipeline gives does not depend on saving and loading, on what is asked beside it, or on how it is read. */
import type { Picture } from "@interfuse/image-tokenizer";
import {
  decodeImages,
  encodePictures,
  type IndexedEvent,
  loadPipeline,
  Pipeline,
  type PipelineEvent,
  savePipeline,
} from "@interfuse/pipeline";
import { MemoryFiles, tf, useBackend } from "@interfuse/tensor";
import type { Message } from "@interfuse/text-tokenizer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomPicture, SIZE, tinyParts } from "../support/pipeline.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  await useBackend({ threads: 1, precision: "f32" });
  pipeline = new Pipeline(tinyParts());
});
afterAll(() => pipeline.dispose());

const PROMPTS = ["a red circle", "a small blue square left of a red circle", "", "naïve 😀"];

/** Largest difference between the bytes of two pictures. */
function difference(a: Picture | undefined, b: Picture | undefined): number {
  expect([a?.width, a?.height]).toEqual([b?.width, b?.height]);
  return Math.max(...Array.from(a?.data ?? [], (byte, i) => Math.abs(byte - (b?.data[i] ?? Number.NaN))));
}

async function collect(events: AsyncIterable<PipelineEvent>): Promise<PipelineEvent[]> {
  const collected: PipelineEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

/** Scales a token's embedding, which is also its row of the head: about every second hidden state then asks for it. */
function scaleEmbedding({ model }: Pipeline, tokenId: number, factor: number): void {
  const embedding = model.parameters().get("embedding.weight") as tf.Variable;
  const factors = Array.from({ length: embedding.shape[0] as number }, (_, id) => (id === tokenId ? factor : 1));
  tf.tidy(() => embedding.assign(embedding.mul(tf.tensor2d(factors, [factors.length, 1]))));
}

describe("a saved model folder", () => {
  it.each([
    ["raw pixels", false],
    ["a KL autoencoder", true],
  ])("loads to the same outputs (%s)", async (_, useAutoencoder) => {
    const original = new Pipeline(tinyParts({ useAutoencoder }));
    const files = new MemoryFiles("folder");
    await savePipeline(files, original);
    expect(files.paths().toSorted()).toEqual([
      "config.json",
      "image_tokenizer/config.json",
      "image_tokenizer/model.safetensors",
      "model.safetensors",
      "tokenizer.json",
    ]);
    expect(files.paths().at(-1)).toBe("config.json");
    const loaded = await loadPipeline(files);
    expect(loaded.generation).toEqual(original.generation);
    expect(await loaded.draw(PROMPTS, { seed: 3 })).toEqual(await original.draw(PROMPTS, { seed: 3 }));
    expect(await loaded.describe(randomPicture(1))).toBe(await original.describe(randomPicture(1)));
    original.dispose();
    loaded.dispose();
  });
});

describe("draw", () => {
  it("gives each prompt what it would get alone", async () => {
    const together = await pipeline.draw(PROMPTS, { seed: 7 });
    expect(together).toHaveLength(PROMPTS.length);
    expect(difference(await pipeline.draw(PROMPTS[0] as string, { seed: 7 }), together[0])).toBeLessThanOrEqual(2);
    const others = await pipeline.draw([PROMPTS[3] as string, PROMPTS[1] as string], { seed: 7 });
    expect(difference(others[1], together[1])).toBeLessThanOrEqual(2);
    const second = await pipeline.draw(PROMPTS[1] as string, { seed: 8 });
    expect(difference(second, together[1])).toBeLessThanOrEqual(2);
  });

  it("depends on the seed, the prompt and the guidance, and repeats exactly", async () => {
    const [prompt = "", otherPrompt = ""] = PROMPTS;
    const picture = await pipeline.draw(prompt, { seed: 1 });
    expect(await pipeline.draw(prompt, { seed: 1 })).toEqual(picture);
    for (const other of [
      await pipeline.draw(prompt, { seed: 2 }),
      await pipeline.draw(otherPrompt, { seed: 1 }),
      await pipeline.draw(prompt, { seed: 1, guidanceScale: 1 }),
      await pipeline.draw(prompt, { seed: 1, steps: 5 }),
    ]) {
      expect(difference(other, picture)).toBeGreaterThan(2);
    }
    const [first, second] = await pipeline.draw([prompt, prompt], { seed: 1 });
    expect(difference(first, second)).toBeGreaterThan(2);
  });

  it("draws the size asked for", async () => {
    const { width, height } = await pipeline.draw("a red circle", { width: 12, height: 4 });
    expect([width, height]).toEqual([12, 4]);
  });

  it("tells what happens, with the previews asked for", async () => {
    const events: IndexedEvent[] = [];
    const options = { steps: 6, numPreviews: 2, onEvent: (event: IndexedEvent) => events.push(event) };
    const [, picture] = await pipeline.draw(["a red circle", "a blue square"], options);
    const second = events.filter(({ index }) => index === 1).map(({ event }) => event);
    expect(second.map(({ type }) => type)).toEqual([
      "image-start",
      ...["image-progress", "image-progress", "image-preview", "image-progress"],
      ...["image-progress", "image-preview", "image-progress", "image-progress"],
      ...["image", "end"],
    ]);
    expect(second[0]).toEqual({ type: "image-start", width: SIZE, height: SIZE });
    expect(second.at(-2)).toEqual({ type: "image", picture });
    expect(second.find(({ type }) => type === "image-preview")).toMatchObject({
      step: 2,
      numSteps: 6,
      picture: { width: SIZE },
    });
  });

  it("draws nothing from no prompts", async () => {
    expect(await pipeline.draw([])).toEqual([]);
  });

  it("runs more prompts than fit at once", async () => {
    const parts = tinyParts({ contextLength: 1024 });
    const large = new Pipeline(parts);
    const prompts = ["a".repeat(900), "b".repeat(900), "c"];
    const together = await large.draw(prompts, { steps: 1 });
    const alone = await large.draw([prompts[0] as string, "", prompts[2] as string], { steps: 1 });
    expect(difference(together[2], alone[2])).toBeLessThanOrEqual(2);
    large.dispose();
  });
});

describe("describe and ask", () => {
  it("answer greedily, whatever the seed, and together as alone", async () => {
    const pictures = [randomPicture(1), randomPicture(2), randomPicture(3, 12, 8)];
    const options = { maxTokens: 12 };
    const texts = await pipeline.describe(pictures, options);
    expect(new Set(texts).size).toBeGreaterThan(1);
    expect(await pipeline.describe(pictures, { ...options, seed: 9 })).toEqual(texts);
    expect(await pipeline.describe(pictures[2] as Picture, options)).toBe(texts[2]);
    const questions = ["how many", "what colour", "where"];
    const answers = await pipeline.ask(pictures, questions, options);
    expect(await pipeline.ask(pictures[1] as Picture, "what colour", options)).toBe(answers[1]);
    expect(
      await pipeline.ask(
        pictures,
        questions.map(() => "describe the picture"),
        options,
      ),
    ).toEqual(texts);
  });

  it("sample from the seed", async () => {
    const sample = (seed: number) => pipeline.describe(randomPicture(1), { temperature: 1, maxTokens: 20, seed });
    expect(await sample(1)).toBe(await sample(1));
    expect(await sample(1)).not.toBe(await sample(2));
  });

  it("never say a special token", async () => {
    const text = await pipeline.describe(randomPicture(4), { temperature: 5, maxTokens: 60 });
    expect(text).not.toMatch(/<\|/);
  });
});

describe("edit", () => {
  it("gives a picture of the same size that depends on picture and instruction", async () => {
    const [a, b] = [randomPicture(1, 12, 8), randomPicture(2, 12, 8)];
    const edited = await pipeline.edit(a, "make it red");
    expect([edited.width, edited.height]).toEqual([12, 8]);
    expect(difference(await pipeline.edit(b, "make it red"), edited)).toBeGreaterThan(2);
    expect(difference(await pipeline.edit(a, "make it blue"), edited)).toBeGreaterThan(2);
    const [, together] = await pipeline.edit([b, a], ["x", "make it red"]);
    const [, again] = await pipeline.edit([a, a], ["y", "make it red"]);
    expect(difference(together, again)).toBeLessThanOrEqual(2);
  });
});

describe("chat", () => {
  const messages: Message<Picture>[] = [
    {
      role: "user",
      content: [
        { type: "image", image: randomPicture(5) },
        { type: "text", text: "what is it" },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "text", text: "a circle" },
        { type: "image", image: randomPicture(6) },
      ],
    },
    { role: "user", content: [{ type: "text", text: "draw it" }] },
  ];

  it("streams text and images and ends", async () => {
    const parts = tinyParts();
    const eager = new Pipeline(parts);
    scaleEmbedding(eager, parts.textTokenizer.specialTokens["<|boi|>"] as number, 100);
    const events = await collect(eager.chat(messages, { maxTokens: 30, steps: 3 }));
    const types = events.map(({ type }) => type);
    const start = types.indexOf("image-start");
    expect(start).toBeGreaterThanOrEqual(0);
    expect(types.slice(start, start + 7)).toEqual([
      "image-start",
      ...["image-progress", "image-preview", "image-progress", "image-preview", "image-progress"],
      "image",
    ]);
    expect(types.filter((type) => type === "image")).toHaveLength(1);
    expect(types.indexOf("end")).toBe(types.length - 1);
    const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
    expect(text).not.toBe("");
    eager.dispose();
  });

  it("answers in text only when no image is allowed", async () => {
    const events = await collect(pipeline.chat(messages, { temperature: 20, maxTokens: 40, maxImages: 0 }));
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["text", "end"]));
  });

  it("frees everything when left early", async () => {
    const run = async () => {
      for await (const event of pipeline.chat(messages, { maxTokens: 30 })) if (event.type === "text") break;
    };
    await run();
    const { numTensors } = tf.memory();
    await run();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe("encodePictures and decodeImages", () => {
  it("keep the order of pictures of several sizes", async () => {
    const pictures = [
      randomPicture(1),
      randomPicture(2, 12, 8),
      randomPicture(3),
      randomPicture(4, 512, 512),
      randomPicture(5, 12, 8),
    ];
    const images = await encodePictures(pictures, pipeline.imageTokenizer);
    expect(images[1]).toMatchObject({ width: 12, height: 8 });
    expect(await decodeImages(images, pipeline.imageTokenizer)).toEqual(pictures);
  });

  it("refuse a picture that the tokenizer would have to pad", async () => {
    const { imageTokenizer, ...others } = tinyParts({ useAutoencoder: true });
    await expect(encodePictures([randomPicture(1, 8, 10)], imageTokenizer)).rejects.toThrow(
      /picture 0 is 8x10.*multiples of 4/,
    );
    new Pipeline({ ...others, imageTokenizer }).dispose();
  });
});

describe("bad input", () => {
  const failing: [string, () => Promise<unknown>, RegExp][] = [
    ["zero steps", () => pipeline.draw("a", { steps: 0 }), /draw: steps \(=0\) must be a whole number of at least 1/],
    ["negative guidance", () => pipeline.draw("a", { guidanceScale: -1 }), /guidanceScale \(=-1\).*at least 0/],
    [
      "an odd size",
      () => pipeline.draw("a", { width: 9 }),
      /9x8, the model's own size is 8x8.*multiples of 4, here 8x8/,
    ],
    ["a size of zero", () => pipeline.draw("a", { height: 0 }), /8x0.*multiples of 4/],
    [
      "a picture of an odd size",
      () => pipeline.describe(randomPicture(1, 10, 7)),
      /10x7.*8x8.*multiples of 4, here 12x8/,
    ],
    [
      "a prompt longer than the context",
      () => pipeline.draw("x ".repeat(500)),
      /input 0 takes \d+ tokens.*context of 128/,
    ],
    [
      "an image that no longer fits",
      () => pipeline.draw("xy".repeat(60), { width: 64 }),
      /answer at least 34.*context of 128/,
    ],
    ["a negative temperature", () => pipeline.ask(randomPicture(1), "?", { temperature: -1 }), /temperature \(=-1\)/],
    ["no tokens", () => pipeline.describe(randomPicture(1), { maxTokens: 0 }), /maxTokens \(=0\)/],
    ["more questions than pictures", () => pipeline.ask([randomPicture(1)], ["a", "b"]), /1 pictures and 2 texts/],
    ["no tokens at a time", async () => pipeline.openSession({ maxRunningTokens: 0 }), /maxRunningTokens \(=0\)/],
    ["a negative seed", () => pipeline.draw("a", { seed: -1 }), /seed \(=-1\)/],
    ["a conversation to which there is no answer", () => collect(pipeline.chat([])), /last message must be the user's/],
  ];
  const wrongKinds: [string, () => Promise<unknown>, RegExp][] = [
    ["no prompt", () => pipeline.draw(undefined as never), /draw: a text is needed, not undefined/],
    ["a prompt that is no text", () => pipeline.draw(["a", 5] as never), /draw: a text is needed, not 5/],
    ["a path", () => pipeline.describe("a.png" as never), /describe: a picture is \{ width.*not "a.png"; loadPicture/],
    ["no question", () => pipeline.ask(randomPicture(1), undefined as never), /ask: a text is needed, not undefined/],
    ["no list", () => collect(pipeline.chat("hi" as never)), /chat: messages must be a list, not "hi"/],
    [
      "a message whose content is a text",
      () => collect(pipeline.chat([{ role: "user", content: "hi" }] as never)),
      /chat: messages\[0\]\.content \(="hi"\) must be a list of parts/,
    ],
    [
      "a role that there is not",
      () => collect(pipeline.chat([{ role: "system", content: [] }] as never)),
      /messages\[0\]\.role \(="system"\) must be "user" or "assistant"/,
    ],
    [
      "a part that there is not",
      () => collect(pipeline.chat([{ role: "user", content: [{ type: "video" }] }] as never)),
      /messages\[0\]: a part's type \(="video"\)/,
    ],
    [
      "a stop text for a list",
      () => collect(pipeline.chat([{ role: "user", content: [] }], { stop: "e" as never })),
      /chat: stop \(="e"\) must be a list of texts/,
    ],
  ];
  it.each(failing)("%s is an error that says what to do", async (_, call, message) => {
    const { numTensors } = tf.memory();
    await expect(call()).rejects.toThrow(message);
    await expect(call()).rejects.toThrow(RangeError);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it.each(wrongKinds)("%s is an error that says what to do", async (_, call, message) => {
    const { numTensors } = tf.memory();
    await expect(call()).rejects.toThrow(message);
    await expect(call()).rejects.toThrow(TypeError);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

it("frees every tensor", async () => {
  const { numTensors } = tf.memory();
  const short = new Pipeline(tinyParts({ useAutoencoder: true }));
  await short.draw(["a red circle", "a"], { numPreviews: 1 });
  await short.edit(randomPicture(1), "red");
  await short.describe([randomPicture(1), randomPicture(2)], { maxTokens: 3 });
  short.dispose();
  expect(tf.memory().numTensors).toBe(numTensors);
});
