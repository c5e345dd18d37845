import { describe, expect, it } from "vitest";
import type { AnswerEvent } from "./answerer.ts";
import { readUiStream } from "./ui-stream.ts";

const PNG = "data:image/png;base64,iVBORw==";

/** A response's body, cut after every `size` bytes. */
function body(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
}

function frames(...data: object[]): string {
  return data.map((each) => `data: ${JSON.stringify(each)}\n\n`).join("");
}

async function read(text: string, size = 7): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = [];
  for await (const event of readUiStream(body(text, size))) events.push(event);
  return events;
}

const STREAM = `: ping\n\n${frames(
  { type: "start", messageId: "1" },
  { type: "data-queue", data: { position: 2, etaSeconds: 3.1 }, transient: true },
  { type: "text-start", id: "text-0" },
  { type: "text-delta", id: "text-0", delta: "grün ✓ " },
  { type: "text-end", id: "text-0" },
  { type: "data-image-preview", data: { step: 0, width: 32, height: 16 } },
  { type: "data-image-preview", data: { step: 1, numSteps: 2 } },
  { type: "data-image-preview", data: { step: 1, numSteps: 2, url: PNG } },
  { type: "file", mediaType: "image/png", url: PNG },
  { type: "data-something-new", data: {} },
  { type: "finish" },
)}data: [DONE]\n\n`;

describe("readUiStream", () => {
  it.each([1, 7, 4096])("reads every kind of frame, in pieces of %d bytes", async (size) => {
    const events = await read(STREAM, size);
    const image = expect.any(Blob);
    expect(events).toEqual([
      { type: "queued", position: 2, etaSeconds: 3.1 },
      { type: "text", text: "grün ✓ " },
      { type: "image-start", width: 32, height: 16 },
      { type: "image-progress", step: 1, numSteps: 2 },
      { type: "image-preview", step: 1, numSteps: 2, image },
      { type: "image", image },
      { type: "end" },
    ]);
  });

  it("throws what the stream tells", async () => {
    const text = frames({ type: "error", errorText: "the model failed" });
    await expect(read(text)).rejects.toMatchObject({ kind: "failed", message: "the model failed" });
  });

  it("throws when the stream stops early", async () => {
    const text = frames({ type: "text-delta", id: "text-0", delta: "a" });
    await expect(read(text)).rejects.toMatchObject({ kind: "unreachable" });
  });
});
