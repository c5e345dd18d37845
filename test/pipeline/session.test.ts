/** Conversations that come and go over shared steps give what each gives alone, fail alone, and free what they held. */
import type { Picture } from "@interfuse/image-tokenizer";
import {
  ContextLengthError,
  Pipeline,
  type PipelineEvent,
  type PipelineSession,
  type PipelineSessionEvent,
  type PipelineSessionRequest,
} from "@interfuse/pipeline";
import { tf, useBackend } from "@interfuse/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomPicture, tinyParts } from "../support/pipeline.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  await useBackend({ threads: 1, precision: "f32" });
  pipeline = new Pipeline(tinyParts());
});
afterAll(() => pipeline.dispose());

function user(text: string, picture?: Picture): PipelineSessionRequest["messages"] {
  const shown = picture === undefined ? [] : [{ type: "image" as const, image: picture }];
  return [{ role: "user", content: [...shown, { type: "text", text }] }];
}

const drawing = (text: string, seed: number): PipelineSessionRequest => ({
  messages: user(text),
  answer: "image",
  options: { seed, steps: 4 },
});
const telling = (text: string): PipelineSessionRequest => ({
  messages: user(text, randomPicture(3)),
  answer: "chat",
  options: { maxTokens: 12, maxImages: 0 },
});

type Event = PipelineSessionEvent["event"];

async function drain(session: PipelineSession, events = new Map<number, Event[]>()): Promise<Map<number, Event[]>> {
  while (session.numOpen > 0) await step(session, events);
  return events;
}

async function step(session: PipelineSession, events: Map<number, Event[]>): Promise<void> {
  for (const { id, event } of await session.step()) events.set(id, [...(events.get(id) ?? []), event]);
}

async function alone(request: PipelineSessionRequest): Promise<Event[]> {
  const session = pipeline.openSession();
  const id = await session.add(request);
  const events = (await drain(session)).get(id) as Event[];
  session.dispose();
  return events;
}

const pictureOf = (events: readonly Event[] | undefined) =>
  events?.find((event): event is Extract<PipelineEvent, { type: "image" }> => event.type === "image")?.picture;
const textOf = (events: readonly Event[] | undefined) =>
  events?.map((event) => (event.type === "text" ? event.text : "")).join("");

describe("PipelineSession", () => {
  it("gives those that join late what they get alone, to within 2/255", async () => {
    const session = pipeline.openSession();
    const events = new Map<number, Event[]>();
    const first = await session.add(drawing("a red circle", 1));
    await step(session, events);
    const told = await session.add(telling("what is it"));
    await step(session, events);
    const second = await session.add(drawing("a blue square", 2));
    await drain(session, events);
    session.dispose();
    for (const [id, request] of [
      [first, drawing("a red circle", 1)],
      [second, drawing("a blue square", 2)],
    ] as const) {
      const [together, single] = [pictureOf(events.get(id)), pictureOf(await alone(request))];
      const differences = single?.data.map((byte, i) => Math.abs(byte - (together?.data[i] as number))) ?? [];
      expect(Math.max(...differences)).toBeLessThanOrEqual(2);
    }
    expect(textOf(events.get(told))).toBe(textOf(await alone(telling("what is it"))));
  });

  it("gives the same bytes for the same requests together", async () => {
    const run = async () => {
      const session = pipeline.openSession();
      for (const seed of [1, 2, 3]) await session.add(drawing("a red circle", seed));
      const events = await drain(session);
      session.dispose();
      return [...events.values()].map(pictureOf);
    };
    expect(await run()).toEqual(await run());
  });

  it("lets wait what does not fit, in order, and counts tokens", async () => {
    const session = pipeline.openSession({ maxRunningTokens: 1 });
    const ids = [await session.add(drawing("a", 1)), await session.add(telling("b"))];
    await session.step();
    expect([session.numOpen, session.numWaiting]).toEqual([2, 1]);
    const events = await drain(session);
    session.dispose();
    const ends = ids.map((id) => events.get(id)?.at(-1));
    expect(ends[0]).toMatchObject({
      type: "end",
      usage: { promptTextTokens: 4, promptImageTokens: 0, textTokens: 0, imageTokens: 6 },
    });
    expect(ends[1]).toMatchObject({ type: "end", usage: { promptImageTokens: 6, textTokens: 12, imageTokens: 0 } });
  });

  it("refuses alone what is wrong", async () => {
    const session = pipeline.openSession();
    await expect(session.add(telling("x ".repeat(400)))).rejects.toThrow(ContextLengthError);
    const negative = { ...drawing("a", 1), options: { negativePrompt: "x ".repeat(400) } };
    await expect(session.add(negative)).rejects.toThrow(ContextLengthError);
    await expect(session.add({ ...drawing("a", 1), messages: user("a", randomPicture(1, 10, 7)) })).rejects.toThrow(
      /10x7/,
    );
    const id = await session.add(drawing("a", 1));
    expect((await drain(session)).get(id)?.at(-1)).toMatchObject({ type: "end" });
    session.dispose();
  });

  it("fails alone when a request's numbers are not finite", async () => {
    const broken = new Pipeline(tinyParts());
    const session = broken.openSession();
    const good = await session.add({ ...telling("a"), messages: user("a") });
    const bad = await session.add({ ...drawing("b", 1), options: { seed: 1, steps: 4, guidanceScale: 1e39 } });
    const events = await drain(session);
    expect(events.get(bad)?.at(-1)).toMatchObject({ type: "error", error: { message: /finite/ } });
    expect(events.get(good)?.at(-1)).toMatchObject({ type: "end" });
    session.dispose();
    broken.dispose();
  });

  it("takes in nothing once it is disposed", async () => {
    const session = pipeline.openSession();
    session.dispose();
    const add = session.add({ messages: [{ role: "user", content: [] }], answer: "image", options: { steps: 1 } });
    await expect(add).rejects.toThrow("PipelineSession.add: the session was disposed; open another one");
  });

  it("refuses a step begun within a step, and goes on", async () => {
    const session = pipeline.openSession();
    const id = await session.add(drawing("a", 1));
    const first = session.step();
    await expect(session.step()).rejects.toThrow(/still running/);
    const events = new Map([[id, (await first).map(({ event }) => event)]]);
    expect((await drain(session, events)).get(id)).toEqual(await alone(drawing("a", 1)));
    session.dispose();
  });

  it("ends at a stop text and leaves it out", async () => {
    const text = textOf(await alone(telling("a"))) as string;
    const stop = text.slice(4, 6);
    const request = telling("a");
    const events = await alone({ ...request, options: { ...request.options, stop: [stop] } } as PipelineSessionRequest);
    expect(textOf(events)).toBe(text.slice(0, text.indexOf(stop)));
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "stop" });
  });

  it("leads away from a negative prompt", async () => {
    const { messages } = drawing("a red circle", 1);
    const negative = (negativePrompt?: string) =>
      alone({ messages, answer: "image", options: { seed: 1, steps: 4, negativePrompt } });
    expect(pictureOf(await negative(""))).toEqual(pictureOf(await negative()));
    expect(pictureOf(await negative("a blue square"))).not.toEqual(pictureOf(await negative()));
  });

  it("frees at once what is removed, and all when disposed", async () => {
    const run = async () => {
      const session = pipeline.openSession();
      const removed = await session.add(drawing("a", 1));
      const kept = await session.add(telling("b"));
      await session.step();
      session.remove(removed);
      expect(session.numOpen).toBe(1);
      expect([...(await drain(session)).keys()]).toEqual([kept]);
      await session.add(drawing("c", 1));
      await session.step();
      session.dispose();
    };
    await run();
    const { numTensors } = tf.memory();
    await run();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
