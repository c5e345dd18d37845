import { type Document, type GenerationOptions, generate, Session } from "@interfuse/model";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { ids, image, randomModel, text } from "./fixtures.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

const prompt: Document = { parts: [text(ids.bos, 4, 5)] };
const drawing = { height: 4, width: 4, numSteps: 3 };
const draw = (seed: number): GenerationOptions => ({
  generator: new Generator(seed),
  maxTokens: 4,
  firstTokenId: ids.boi,
  image: { ...drawing, guidance: { scale: 2, document: { parts: [text(ids.bos)] } } },
});

describe("tensors", () => {
  it("are all freed after a whole generation, one left early, one abandoned, and an error", async () => {
    const model = randomModel();
    const before = tf.memory().numTensors;
    for await (const event of generate(model, prompt, draw(1))) void event;
    expect(tf.memory().numTensors).toBe(before);

    for await (const event of generate(model, prompt, draw(1))) if (event.type === "image-preview") break;
    expect(tf.memory().numTensors).toBe(before);

    const abandoned = generate(model, prompt, draw(1));
    await abandoned.next();
    await abandoned.return();
    expect(tf.memory().numTensors).toBe(before);

    await expect(generate(model, { parts: [] }, draw(1)).next()).rejects.toThrow(/empty/);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before - model.parameters().size);
  });

  it("stay flat from step to step", async () => {
    const model = randomModel();
    const session = new Session(model);
    session.add(prompt, draw(1));
    await session.step();
    const before = tf.memory().numTensors;
    await session.step();
    await session.step();
    await session.step();
    expect(tf.memory().numTensors).toBe(before);
    session.dispose();
    model.dispose();
  });
});

describe("Session.remove", () => {
  it("ends a request at once, even while a step is awaited, and leaves the others alone", async () => {
    const model = randomModel();
    const session = new Session(model);
    const removed = session.add(prompt, draw(1));
    const kept = session.add(prompt, draw(2));
    const stepping = session.step();
    session.remove(removed);
    expect((await stepping).map(({ id }) => id)).not.toContain(removed);
    const types: string[] = [];
    while (session.numRunning > 0) {
      for (const { id, event } of await session.step()) {
        expect(id).toBe(kept);
        types.push(event.type);
      }
    }
    expect(types.at(-1)).toBe("end");
    session.remove(kept);
    session.dispose();
    model.dispose();
  });
});

describe("the end of a generation", () => {
  it("is `length` when tokens or the context run out, `eos` when the model says so", async () => {
    const model = randomModel({ contextLength: 8 });
    const run = async (options: Omit<GenerationOptions, "generator">) => {
      const events = [];
      for await (const event of generate(model, prompt, { generator: new Generator(1), ...options }))
        events.push(event);
      return events;
    };
    const words = Array.from({ length: 12 }, (_, i) => i + 4);
    expect(await run({ maxTokens: 0 })).toEqual([{ type: "end", reason: "length" }]);
    const full = await run({ maxTokens: 50, forbiddenTokenIds: [ids.eos] });
    expect(full.length).toBe(1 + 8 - 3 + 1); // five slots are left; the token sampled from the last needs none
    expect(full.at(-1)).toEqual({ type: "end", reason: "length" });
    expect(await run({ forbiddenTokenIds: [ids.bos, ...words] })).toEqual([{ type: "end", reason: "eos" }]);
    model.dispose();
  });
});

describe("bad input", () => {
  it.each([
    [
      "a prompt longer than the context",
      { parts: [text(...new Array<number>(65).fill(4))] },
      {},
      /65 tokens, contextLength is 64/,
    ],
    [
      "an image that does not fit",
      { parts: [text(...new Array<number>(60).fill(4))] },
      { image: drawing },
      /no room for an image/,
    ],
    ["a first token out of the vocabulary", prompt, { firstTokenId: 16 }, /firstTokenId \(=16\).*vocabSize \(=16\)/],
    ["EOI as the first token", prompt, { firstTokenId: ids.eoi }, /firstTokenId \(=3\).*EOI/],
    ["BOI without image options", prompt, { image: undefined }, /image options are missing/],
    ["an odd size", prompt, { image: { ...drawing, height: 3 } }, /height \(=3\)/],
    ["zero steps", prompt, { image: { ...drawing, numSteps: 0 } }, /numSteps/],
    [
      "negative guidance",
      prompt,
      { image: { ...drawing, guidance: { scale: -1, document: prompt } } },
      /guidance\.scale/,
    ],
    ["a negative temperature", prompt, { temperature: -1 }, /temperature/],
    ["an unknown option", prompt, { topK: 3 }, /topK/],
    ["an unknown token", { parts: [text(16)] }, {}, /tokenIds\[0\] \(=16\)/],
    [
      "latents of another model",
      { parts: [{ ...image(1), latents: new Float32Array(16) }] },
      {},
      /latents has 16 values/,
    ],
  ] as [string, Document, Partial<GenerationOptions>, RegExp][])(
    "names %s, and the session goes on",
    async (_, document, overrides, message) => {
      const model = randomModel();
      const session = new Session(model);
      expect(() => session.add(document, { ...draw(1), ...overrides })).toThrow(message);
      expect(session.numRunning).toBe(0);
      session.add(prompt, draw(1));
      expect((await session.step())[0]!.event.type).toBe("image-start");
      session.dispose();
      model.dispose();
    },
  );

  it("names damaged weights, and a step begun within a step", async () => {
    const model = randomModel();
    const session = new Session(model);
    session.add(prompt, { generator: new Generator(1) });
    const first = session.step();
    await expect(session.step()).rejects.toThrow(/still running/);
    await first;
    model
      .parameters()
      .get("backbone.norm.weight")!
      .assign(tf.fill([24], Number.NaN));
    await expect(session.step()).rejects.toThrow(/NaN/);
    expect(session.numRunning).toBe(0);
    session.dispose();
    model.dispose();
  });
});
