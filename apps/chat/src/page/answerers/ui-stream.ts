/** Reads the AI SDK's UI message stream, version 1, as this server writes it. */
import { dataUrlToBlob } from "../data-url.ts";
import { AnswerError, type AnswerEvent } from "./answerer.ts";

/** The frames that are read; others pass. */
type Frame =
  | { readonly type: "text-delta"; readonly delta: string }
  | { readonly type: "file"; readonly url: string }
  | { readonly type: "data-queue"; readonly data: { readonly position: number; readonly etaSeconds?: number } }
  | {
      readonly type: "data-image-preview";
      readonly data: {
        readonly step: number;
        readonly numSteps?: number;
        readonly url?: string;
        readonly width?: number;
        readonly height?: number;
      };
    }
  | { readonly type: "finish" }
  | { readonly type: "abort" }
  | { readonly type: "error"; readonly errorText: string };

/** @throws {AnswerError} when the stream tells an error, or stops before its end */
export async function* readUiStream(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerEvent, void, undefined> {
  for await (const data of readServerSentEvents(body)) {
    if (data === "[DONE]") break;
    const frame = JSON.parse(data) as Frame;
    if (frame.type === "error") throw new AnswerError("failed", frame.errorText);
    if (frame.type === "abort") throw new AnswerError("failed", "The server gave the answer up.");
    if (frame.type === "finish") return yield { type: "end" };
    yield* eventsOf(frame);
  }
  throw new AnswerError("unreachable", "The connection broke before the answer was complete.");
}

function* eventsOf(frame: Frame): Generator<AnswerEvent, void, undefined> {
  switch (frame.type) {
    case "text-delta":
      return yield { type: "text", text: frame.delta };
    case "file":
      return yield { type: "image", image: dataUrlToBlob(frame.url) };
    case "data-queue":
      return yield { type: "queued", ...frame.data };
    case "data-image-preview": {
      const { step, numSteps = 0, url, width, height } = frame.data;
      if (width !== undefined && height !== undefined) yield { type: "image-start", width, height };
      else if (url !== undefined) yield { type: "image-preview", step, numSteps, image: dataUrlToBlob(url) };
      else yield { type: "image-progress", step, numSteps };
    }
  }
}

/** The data of each event of a server-sent stream; comments and names pass. */
async function* readServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const lines = event.split("\n").filter((line) => line.startsWith("data: "));
        if (lines.length > 0) yield lines.map((line) => line.slice("data: ".length)).join("\n");
      }
    }
  } catch (cause) {
    throw new AnswerError("unreachable", "The connection to the server broke.", { cause });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
