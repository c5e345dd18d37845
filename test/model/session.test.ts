import {
  type Document,
  type GenerationEvent,
  type GenerationOptions,
  generate,
  type Layout,
  type PackedRow,
  Session,
  type UnifiedModel,
} from "@interfuse/model";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { adapters, ids, image, randomModel, text } from "./fixtures.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});
afterEach(() => void vi.restoreAllMocks());

const size = { height: 4, width: 4 };

async function collect(
  model: UnifiedModel,
  document: Document,
  options: GenerationOptions,
): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of generate(model, document, options)) events.push(event);
  return events;
}

/** The rows of a layout as the model runs them without a cache, its images clean; the patches of the last may be others. */
function cleanRow(model: UnifiedModel, layout: Layout, last?: Float32Array): PackedRow {
  const patches = layout.images.map((entry, i) => [
    ...(i === layout.images.length - 1 && last !== undefined ? last : model.objective.cleanPatches(entry)),
  ]);
  const numFeatures = model.objective.patchSize ** 2 * model.objective.latentChannels;
  return {
    ...layout,
    imageStarts: layout.images.map((entry) => entry.start),
    images: {
      patches_PF: tf.tensor1d(patches.flat()).reshape([-1, numFeatures]),
      timesteps: new Float32Array(patches.length),
      grids: layout.images,
    },
  };
}

/** The prompt with what was generated, as one document. */
function withAnswer(prompt: Document, events: readonly GenerationEvent[]): Document {
  const parts = [...prompt.parts];
  for (const event of events) {
    if (event.type === "text") parts.push(text(event.tokenId));
    if (event.type === "image-end") parts.push({ kind: "image", ...event, hasLoss: false });
  }
  return { parts };
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const differences = Array.from(actual, (value, i) => Math.abs(value - expected[i]!));
  expect(Math.max(...differences)).toBeLessThan(tolerance);
}

/** Equal events; latents to a tolerance, everything else exactly. */
function expectSameEvents(actual: readonly GenerationEvent[], expected: readonly GenerationEvent[]): void {
  const withoutLatents = (event: GenerationEvent) => ({ ...event, latents: undefined });
  expect(actual.map(withoutLatents)).toEqual(expected.map(withoutLatents));
  actual.forEach((event, i) => {
    const other = expected[i]!;
    if ("latents" in event && "latents" in other) expectClose(event.latents, other.latents, 1e-4);
  });
}

/** Draws, then writes, and keeps the logits that each forward pass read. */
async function drawThenWrite(model: UnifiedModel, prompt: Document) {
  const recorded: Float32Array[] = [];
  const logits = model.logits.bind(model);
  vi.spyOn(model, "logits").mockImplementation((hidden) => {
    const result = logits(hidden);
    recorded.push(Float32Array.from(result.dataSync()));
    return result;
  });
  const options = { generator: new Generator(5), maxTokens: 5, firstTokenId: ids.boi, forbiddenTokenIds: [ids.eos] };
  const events = await collect(model, prompt, { ...options, image: { ...size, numSteps: 3, maxCount: 2 } });
  vi.restoreAllMocks();
  return { events, recorded };
}

describe("a session with its cache", () => {
  it.each(["axial", "raster"] as const)(
    "gives the logits of an uncached pass, also after a generated image (%s)",
    async (positionKind) => {
      const model = randomModel({ positionKind });
      const prompt: Document = { parts: [text(ids.bos, 4), image(3), text(6)] };
      const { events, recorded } = await drawThenWrite(model, prompt);
      const document = withAnswer(prompt, events);
      const layout = model.layout([document], { multipleOf: 1 });
      const all = tf.tidy(() => model.logits(model.run(cleanRow(model, layout)).hidden_LD).dataSync<"float32">());
      // What each forward pass of text read: first the row after the image, then one row per token or image.
      const drawn = layout.spans.filter((span) => span.kind === "image")[1]!;
      const rows = layout.spans.filter((span) => span.start >= drawn.start).map((span) => span.start + span.length - 1);
      expect(recorded.length).toBe(5 + (events.filter((event) => event.type === "image-start").length - 1));
      recorded.forEach((logits, i) => {
        expectClose(logits, all.slice(16 * rows[i]!, 16 * rows[i]! + 16), 1e-4);
      });
      model.dispose();
    },
  );

  it.each(adapters)(
    "draws what an uncached loop over the whole sequence draws, with guidance (%s)",
    async (_, objective) => {
      const model = randomModel({ objective });
      const prompt: Document = { parts: [text(ids.bos, 4), image(6), text(5)] };
      const empty: Document = { parts: [text(ids.bos)] };
      const drawing = { height: 4, width: 2, numSteps: 4 };
      const events = await collect(model, prompt, {
        generator: new Generator(9),
        maxTokens: 0,
        firstTokenId: ids.boi,
        image: { ...drawing, solver: "heun", guidance: { scale: 2.5, document: empty } },
      });
      const reference = model.objective.begin(
        { ...drawing, solver: "heun", guidanceScale: 2.5 },
        new Generator(9).fork("image").fork(0),
      );
      const blank = { kind: "image", latents: new Float32Array(16), height: 4, width: 2, hasLoss: false } as const;
      for (let query = reference.next(); query !== undefined; query = reference.next()) {
        const { patches_PF, timestep } = query;
        const predict = (document: Document) => {
          const layout = model.layout([{ parts: [...document.parts, blank] }], { multipleOf: 1 });
          const drawn = layout.images.length - 1;
          const { start } = layout.images[drawn]!;
          return tf.tidy(() => {
            const row = cleanRow(model, layout, patches_PF);
            row.images.timesteps[drawn] = timestep;
            const { hidden_LD, carry } = model.run(row);
            const patches = hidden_LD.slice([start, 0], [2, -1]);
            return Float32Array.from(model.objective.read(patches, carry, [drawn]).dataSync());
          });
        };
        reference.take(predict(prompt), predict(empty));
      }
      const end = events.find((event) => event.type === "image-end")!;
      expectClose(end.latents, reference.latents(), 1e-4);
      expect(events.map((event) => event.type)).toEqual([
        "image-start",
        ...new Array<string>(4).fill("image-preview"),
        "image-end",
        "end",
      ]);
      model.dispose();
    },
  );

  it.each(adapters)("gives batched requests what each gets alone, whenever they join (%s)", async (_, objective) => {
    const model = randomModel({ objective });
    const requests: [Document, GenerationOptions][] = [
      [{ parts: [text(ids.bos, 4)] }, { generator: new Generator(1), maxTokens: 6 }],
      [
        { parts: [text(ids.bos, 5, 6)] },
        {
          generator: new Generator(2),
          maxTokens: 3,
          firstTokenId: ids.boi,
          image: { ...size, numSteps: 3, guidance: { scale: 3, document: { parts: [text(ids.bos)] } } },
        },
      ],
      [
        { parts: [text(ids.bos), image(8, { width: 2 }), text(7)] },
        {
          generator: new Generator(3),
          maxTokens: 4,
          image: { height: 2, width: 6, numSteps: 2, solver: "ddpm" },
          firstTokenId: 9,
        },
      ],
      [{ parts: [text(ids.bos, 4, 5, 6, 7, 8)] }, { generator: new Generator(4), maxTokens: 8, temperature: 0 }],
    ];
    const alone = [];
    for (const [document, options] of requests) alone.push(await collect(model, document, options));

    const session = new Session(model);
    const together = new Map<number, GenerationEvent[]>();
    const add = ([document, options]: [Document, GenerationOptions]) =>
      together.set(session.add(document, options), []);
    add(requests[0]!);
    add(requests[1]!);
    for (let step = 0; session.numRunning > 0; step++) {
      if (step === 1) add(requests[2]!);
      if (step === 2) add(requests[3]!);
      for (const { id, event } of await session.step()) together.get(id)!.push(event);
    }
    session.dispose();
    for (const [i, events] of [...together.values()].entries()) expectSameEvents(events, alone[i]!);
    model.dispose();
  });
});

describe("every way to draw", () => {
  it.each([
    ["the paper's DDPM", { path: "cosine", predictionType: "epsilon", timesteps: { kind: "uniform" } }, "ddpm"],
    ["epsilon on the linear path", { predictionType: "epsilon" }, "ddim"],
    ["clean samples", { predictionType: "sample" }, "heun"],
    ["adaptive norms", { useAdaptiveNorm: true, timesteps: { shift: 3 } }, "euler"],
  ] as const)("gives a finite image, the same for the same seed (%s)", async (_, objective, solver) => {
    const model = randomModel({
      objective: { latentChannels: 2, patchSize: 2, ...objective },
      backbone: { modelDim: 24, numLayers: 1, numHeads: 2, numExperts: 2 },
    });
    const run = async (seed: number) => {
      const options = { generator: new Generator(seed), maxTokens: 0, firstTokenId: ids.boi };
      const events = await collect(
        model,
        { parts: [text(ids.bos)] },
        { ...options, image: { ...size, numSteps: 3, solver } },
      );
      return events.find((event) => event.type === "image-end")!.latents;
    };
    const first = await run(1);
    expect(first.every(Number.isFinite)).toBe(true);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    model.dispose();
  });
});

describe("the forward passes of a session", () => {
  it("are one per solver step, guided or not, and frame every image once", async () => {
    const model = randomModel();
    const framing: number[] = [];
    const forward = model.run.bind(model);
    const spy = vi.spyOn(model, "run").mockImplementation((row, cache) => {
      const patches = new Set(
        row.imageStarts.flatMap((start, i) =>
          Array.from({ length: row.images.grids[i]!.numTokens }, (_, patch) => start + patch),
        ),
      );
      row.tokenIds.forEach((id, index) => {
        if (!patches.has(index) && (id === ids.boi || id === ids.eoi)) framing.push(id);
      });
      return forward(row, cache);
    });
    const prompt: Document = { parts: [text(ids.bos), image(1), text(4)] };
    const options = { generator: new Generator(1), maxTokens: 0, firstTokenId: ids.boi };
    for (const guidance of [undefined, { scale: 2, document: { parts: [text(ids.bos)] } }]) {
      spy.mockClear();
      await collect(model, prompt, { ...options, image: { ...size, numSteps: 5, guidance } });
      expect(spy).toHaveBeenCalledTimes(5);
    }
    framing.length = 0;
    await collect(model, prompt, {
      ...options,
      maxTokens: 2,
      forbiddenTokenIds: [ids.eos],
      image: { ...size, numSteps: 3 },
    });
    // The prompt's image and the drawn one; then text.
    expect(framing).toEqual([ids.boi, ids.eoi, ids.boi, ids.eoi]);
    model.dispose();
  });

  it("stop drawing when an answer's images are used up, and never sample EOI or what is forbidden", async () => {
    const model = randomModel();
    const everyWord = Array.from({ length: 12 }, (_, i) => i + 4);
    const options = { generator: new Generator(6), temperature: 5, maxTokens: 12 };
    const textOnly = await collect(
      model,
      { parts: [text(ids.bos, 4)] },
      { ...options, forbiddenTokenIds: [ids.bos, ids.eos] },
    );
    expect(textOnly.filter((event) => event.type === "text" && everyWord.includes(event.tokenId)).length).toBe(12);
    const drawingOnly = {
      forbiddenTokenIds: [ids.bos, ids.eos, ...everyWord.slice(1)],
      image: { ...size, numSteps: 1, maxCount: 2 },
    };
    const events = await collect(model, { parts: [text(ids.bos, 4)] }, { ...options, ...drawingOnly });
    expect(events.filter((event) => event.type === "image-end").length).toBe(2);
    expect(events.filter((event) => event.type === "text").length).toBe(12);
    model.dispose();
  });
});

describe("a greedy description", () => {
  it("does not depend on the random seed", async () => {
    const model = randomModel();
    const prompt: Document = { parts: [text(ids.bos), image(2), text(5)] };
    const answers = [];
    for (const seed of [1, 2, 3]) {
      answers.push(await collect(model, prompt, { generator: new Generator(seed), temperature: 0, maxTokens: 8 }));
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    model.dispose();
  });
});
