import { expect, it } from "vitest";
import type { Conversation, Turn } from "./conversation.ts";
import { mergeConversation } from "./merge-conversation.ts";

const turn = (id: string, text = id): Turn => ({ id, text, images: [], takes: [], selected: "" });
const conversation = (...turns: Turn[]): Conversation => ({ id: "c", createdAt: 1, updatedAt: 2, turns });

it("keeps turns that only another tab knows before those that are new here", () => {
  const known = conversation(turn("a"));
  const ours = conversation(...known.turns, turn("mine"));
  const stored = structuredClone(conversation(turn("a"), turn("theirs")));
  const merged = mergeConversation(ours, { stored, known });
  expect(merged.turns.map(({ id }) => id)).toEqual(["a", "theirs", "mine"]);
  expect(mergeConversation(merged, { stored: structuredClone(merged), known: merged })).toBe(merged);
});

it("takes a turn from where it was changed", () => {
  const known = conversation(turn("a"), turn("b"));
  const ours = conversation(turn("a", "here"), known.turns[1] as Turn);
  const stored = conversation(turn("a", "there"), turn("b", "there"));
  expect(mergeConversation(ours, { stored, known }).turns.map(({ text }) => text)).toEqual(["here", "there"]);
});

it("leaves what is being answered here open, and shows as stopped what is elsewhere", () => {
  const asked = { id: "t", label: "", parts: [], status: { kind: "asked" } } as unknown as Turn["takes"][number];
  const [mine, theirs] = ["mine", "theirs"].map((id) => ({ ...turn(id), takes: [asked] })) as unknown as [Turn, Turn];
  const ours = conversation(mine);
  const merged = mergeConversation(ours, { stored: structuredClone(conversation(mine, theirs)), known: ours });
  expect(merged.turns.map(({ takes }) => takes[0]?.status.kind)).toEqual(["asked", "stopped"]);
});

it("leaves a conversation that nobody else has stored as it is", () => {
  const ours = conversation(turn("a"));
  expect(mergeConversation(ours, { stored: undefined, known: undefined })).toBe(ours);
  expect(mergeConversation(ours, { stored: structuredClone(ours), known: ours })).toBe(ours);
});
