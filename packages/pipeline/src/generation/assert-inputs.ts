/** Inputs of the wrong kind, which callers without a type checker give, named before they go wrong somewhere inside. */
import type { Picture } from "@interfuse/image-tokenizer";
import type { Message } from "@interfuse/text-tokenizer";

/** @throws {TypeError} when it is no list of strings */
export function assertTexts(operation: string, texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) throw new TypeError(`${operation}: a text is needed, not ${named(texts)}`);
  for (const text of texts) {
    if (typeof text !== "string") throw new TypeError(`${operation}: a text is needed, not ${named(text)}`);
  }
}

/** @throws {TypeError} when it is no list of strings */
export function assertStops(stops: unknown): asserts stops is readonly string[] {
  if (Array.isArray(stops) && stops.every((stop) => typeof stop === "string")) return;
  throw new TypeError(`chat: stop (=${named(stops)}) must be a list of texts, as ["\\n"]`);
}

/** @throws {TypeError} when it is no picture */
export function assertPicture(operation: string, picture: unknown): asserts picture is Picture {
  const { width, height, data } = (picture ?? {}) as Partial<Picture>;
  if (typeof width === "number" && typeof height === "number" && typeof data === "object") return;
  throw new TypeError(
    `${operation}: a picture is { width, height, data }, not ${named(picture)}; loadPicture of @interfuse/data reads files`,
  );
}

/** @throws {TypeError} when it is no conversation, naming the message */
export function assertMessages(operation: string, messages: unknown): asserts messages is readonly Message<Picture>[] {
  if (!Array.isArray(messages)) throw new TypeError(`${operation}: messages must be a list, not ${named(messages)}`);
  for (const [index, message] of messages.entries()) assertMessage(`${operation}: messages[${index}]`, message);
}

function assertMessage(what: string, message: unknown): void {
  const { role, content } = (message ?? {}) as Partial<Message<Picture>>;
  if (role !== "user" && role !== "assistant") {
    throw new TypeError(`${what}.role (=${named(role)}) must be "user" or "assistant"`);
  }
  if (!Array.isArray(content)) {
    throw new TypeError(
      `${what}.content (=${named(content)}) must be a list of parts, as [{ type: "text", text: "a red circle" }]`,
    );
  }
  for (const part of content) {
    if (part?.type === "text") assertTexts(what, [part.text]);
    else if (part?.type === "image") assertPicture(what, part.image);
    else throw new TypeError(`${what}: a part's type (=${named(part?.type)}) must be "text" or "image"`);
  }
}

/** A value in a few characters. */
function named(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value.slice(0, 40))
    : Array.isArray(value)
      ? "a list"
      : String(value);
}
