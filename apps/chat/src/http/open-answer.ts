/** From a request to its answer: a new one, or the one that is being made for the same request already. */
import type { Picture } from "@interfuse/data";
import type { PipelineSessionRequest } from "@interfuse/pipeline";
import { Answer } from "../answers/answer.ts";
import type { ImageRecord } from "../images/image-record.ts";
import { ApiError } from "./api-error.ts";
import type { RequestContext, ServerContext } from "./context.ts";

/** Seconds for which an answer waits for a client that said it would come back. */
const KEEP_FOR_KEY_SECONDS = 30;
/** ... and for one that gave up when its own time was over, and tries again after a pause. */
const KEEP_FOR_TIMEOUT_SECONDS = 15;

export type AnswerRequest = {
  readonly modelId: string;
  /** Digest of the body. */
  readonly digest: string;
  readonly requests: readonly PipelineSessionRequest[];
  readonly records: readonly ImageRecord[];
  readonly finish?: (picture: Picture) => Picture;
};

/** An answer and what to call when its client is gone; that cancels it, unless somebody else reads it or is likely to. */
export type OpenAnswer = { readonly answer: Answer; readonly leave: () => void };

/**
 * @throws {BusyError} when it cannot be taken in now
 * @throws {IdempotencyError} when its key came with another body
 */
export function openAnswer(
  c: RequestContext,
  { engine, answers, images }: ServerContext,
  { modelId, digest, requests, records, finish }: AnswerRequest,
): OpenAnswer {
  const owner = c.get("owner");
  const idempotencyKey = readIdempotencyKey(c);
  const answer = answers.open(
    { owner, path: c.req.path, digest, idempotencyKey, isRetry: Number(c.req.header("x-stainless-retry-count")) > 0 },
    () => new Answer({ jobs: engine.submit(modelId, requests, owner), records, images, finish }),
  );
  const detach = answer.attach();
  const timeoutSeconds = Number(c.req.header("x-stainless-timeout") ?? Number.NaN);
  const start = performance.now();
  const keepSeconds = () => {
    if (idempotencyKey !== undefined) return KEEP_FOR_KEY_SECONDS;
    return (performance.now() - start) / 1000 >= timeoutSeconds ? KEEP_FOR_TIMEOUT_SECONDS : 0;
  };
  const leave = () => detach(keepSeconds());
  if (c.req.raw.signal.aborted) leave();
  return { answer, leave };
}

function readIdempotencyKey(c: RequestContext): string | undefined {
  const key = c.req.header("idempotency-key");
  if (key !== undefined && (key === "" || key.length > 255)) {
    throw new ApiError(400, "invalid_value", "the header Idempotency-Key must have 1 to 255 characters");
  }
  return key;
}
