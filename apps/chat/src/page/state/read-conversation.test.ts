import { expect, it } from "vitest";
import { ASKED } from "../testing/asked.ts";
import type { Conversation } from "./conversation.ts";
import { readConversation } from "./read-conversation.ts";

const CONVERSATION: Conversation = {
  id: "c",
  createdAt: 1,
  updatedAt: 2,
  turns: [
    {
      id: "t",
      text: "draw",
      images: ["i"],
      selected: "k",
      takes: [
        {
          id: "k",
          label: "",
          asked: ASKED,
          status: { kind: "done" },
          parts: [
            { type: "text", text: "here" },
            { type: "image", image: "j", width: 32, height: 32, step: 20, numSteps: 20, isDone: true },
          ],
        },
      ],
    },
  ],
};

it("gives a conversation back as it was written", () => {
  expect(readConversation(JSON.parse(JSON.stringify(CONVERSATION)))).toEqual(CONVERSATION);
});

it("keeps nothing it does not know, and takes what was open for stopped", () => {
  const [turn] = CONVERSATION.turns;
  const take = { ...turn?.takes[0], status: { kind: "running" }, more: "x" };
  const read = readConversation({ ...CONVERSATION, turns: [{ ...turn, takes: [take] }], constructor: "y" });
  expect(read.turns[0]?.takes[0]?.status).toEqual({ kind: "stopped" });
  expect(JSON.stringify(read)).not.toMatch(/"more"|"constructor"/);
});

it.each([
  ["nothing", null],
  ["a number for an id", { ...CONVERSATION, id: 1 }],
  ["no list of turns", { ...CONVERSATION, turns: {} }],
  ["a part of another type", { ...CONVERSATION, turns: [{ ...CONVERSATION.turns[0], takes: [{ parts: [{}] }] }] }],
])("refuses %s", (_, value) => {
  expect(() => readConversation(value)).toThrow(TypeError);
});
