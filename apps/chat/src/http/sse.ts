/** Server-sent events: a generator of frames as a streamed response, with comments that keep the connection open. */
import type { ErrorBody } from "./api-error.ts";

/** One frame; `event` names it, where clients want a name. */
export type Frame = { readonly event?: string; readonly data: unknown } | { readonly comment: string };

/** What ends the streams of OpenAI's chat and of the AI SDK. */
export const DONE: Frame = { data: "[DONE]" };

/** An error inside a stream, which makes clients throw. */
export function errorFrame(body: ErrorBody): Frame {
  return { data: body };
}

/** A place in the queue, as a comment that clients skip. */
export function queueComment({ position, etaSeconds }: { position: number; etaSeconds: number | undefined }): Frame {
  const eta = etaSeconds === undefined ? "" : ` eta=${etaSeconds.toFixed(1)}s`;
  return { comment: `queue position=${position}${eta}` };
}

/** Time without a frame after which a comment is sent. */
const PING_MS = 15_000;

export type StreamOptions = {
  /** Called once, when the stream has ended or its client has gone. */
  readonly onClose: () => void;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Streams frames as they come. The generator must not throw: an error is a frame too. */
export function streamFrames(frames: AsyncIterator<Frame>, { onClose, headers = {} }: StreamOptions): Response {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    clearInterval(timer);
    onClose();
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      timer = setInterval(() => controller.enqueue(encoder.encode(": ping\n\n")), PING_MS);
    },
    async pull(controller) {
      try {
        const { done, value } = await frames.next();
        if (isClosed) return;
        if (done !== true) return controller.enqueue(encoder.encode(formatFrame(value)));
        close();
        controller.close();
      } catch (error) {
        close();
        controller.error(error);
      }
    },
    cancel: close,
  });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      ...headers,
    },
  });
}

function formatFrame(frame: Frame): string {
  if ("comment" in frame) return `: ${frame.comment}\n\n`;
  const data = typeof frame.data === "string" ? frame.data : JSON.stringify(frame.data);
  return `${frame.event === undefined ? "" : `event: ${frame.event}\n`}data: ${data}\n\n`;
}
