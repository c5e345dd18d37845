/**
 * A JSON answer that may take minutes. Clients give up after five to ten minutes without headers, so these are sent early,
 * and white space before the JSON, which is legal, keeps the connection open. Until then an error still has its own status.
 */

/** Time after which headers are sent without an answer. */
const HEADERS_AFTER_MS = 60_000;
const SPACE_EVERY_MS = 15_000;

/**
 * @param answer the body; when it fails after the headers have been sent, the connection is cut off
 * @param onClose called once, when the answer has been sent or its client has gone
 */
export async function slowJson(
  answer: Promise<object>,
  { onClose, signal }: { onClose: () => void; signal: AbortSignal },
): Promise<Response> {
  let isClosed = false;
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    onClose();
  };
  signal.addEventListener("abort", close, { once: true });
  try {
    const early = await within(answer, HEADERS_AFTER_MS);
    if (early !== undefined) {
      close();
      return Response.json(early);
    }
  } catch (error) {
    close();
    throw error;
  }
  return new Response(spacedBody(answer, close), { headers: { "content-type": "application/json" } });
}

/** The value, or undefined when it is not there in time. */
async function within<Value>(promise: Promise<Value>, milliseconds: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function spacedBody(answer: Promise<object>, close: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(encoder.encode(" "));
      timer = setInterval(() => controller.enqueue(encoder.encode(" ")), SPACE_EVERY_MS);
      try {
        controller.enqueue(encoder.encode(JSON.stringify(await answer)));
        controller.close();
      } catch (error) {
        controller.error(error);
      } finally {
        clearInterval(timer);
        close();
      }
    },
    cancel() {
      clearInterval(timer);
      close();
    },
  });
}
