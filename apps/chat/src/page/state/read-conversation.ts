/** Reads a conversation from a file that anyone may have written: everything the page relies on is checked or made anew. */
import type { Asked, Conversation, Take, TakePart, Turn } from "./conversation.ts";

type Fields = Readonly<Record<string, unknown>>;

/** @throws {TypeError} when it is no conversation */
export function readConversation(value: unknown): Conversation {
  const { id, createdAt, updatedAt, turns } = fields(value);
  return { id: text(id), createdAt: number(createdAt), updatedAt: number(updatedAt), turns: list(turns).map(readTurn) };
}

function readTurn(value: unknown): Turn {
  const { id, text: said, images, takes, selected } = fields(value);
  return {
    id: text(id),
    text: text(said),
    images: list(images).map(text),
    takes: list(takes).map(readTake),
    selected: text(selected),
  };
}

/** What was open, failed or is of a kind not known here counts as stopped. */
function readTake(value: unknown): Take {
  const { id, label, asked, status, parts } = fields(value);
  const isDone = fields(status).kind === "done";
  return {
    id: text(id),
    label: text(label),
    asked: readAsked(asked),
    status: { kind: isDone ? "done" : "stopped" },
    parts: list(parts).map(readPart),
  };
}

function readAsked(value: unknown): Asked {
  const { answererId, model, seed, steps, guidanceScale, temperature, answerWith, hasMemory } = fields(value);
  return {
    answererId: text(answererId),
    model: text(model),
    seed: number(seed),
    steps: number(steps),
    guidanceScale: number(guidanceScale),
    temperature: number(temperature),
    answerWith: answerWith === "image" || answerWith === "text" ? answerWith : "auto",
    hasMemory: hasMemory === true,
  };
}

function readPart(value: unknown): TakePart {
  const part = fields(value);
  if (part.type === "text") return { type: "text", text: text(part.text) };
  if (part.type !== "image") throw new TypeError(`readConversation: a part of type ${String(part.type)} is not known`);
  const [width, height, numSteps] = [part.width, part.height, part.numSteps].map(number) as [number, number, number];
  return { type: "image", image: text(part.image), width, height, step: numSteps, numSteps, isDone: true };
}

function fields(value: unknown): Fields {
  if (typeof value === "object" && value !== null) return value as Fields;
  throw new TypeError("readConversation: an object is missing");
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("readConversation: a list is missing");
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError("readConversation: a text is missing");
}

function number(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TypeError("readConversation: a number is missing");
}
