/** From a request to its answer: a new one, or the one that is being made for the same request already. */
import type { Picture } from "@interfuse/data";
import type { PipelineSessionRequest } from "@interfuse/pipeline";
import { Answer } from "../answers/answer.ts";
import type { ImageRecord } from "../images/image-record.ts";
import { clientRetries } from "./client-retries.ts";
import type { RequestContext, ServerContext } from "./context.ts";

export type AnswerRequest = {
  readonly modelId: string;
  /** Digest of the body. */
  readonly digest: string;
  /** Whether it is answered by a stream. */
  readonly isStream: boolean;
  readonly requests: readonly PipelineSessionRequest[];
  readonly records: readonly ImageRecord[];
  /** Whether the client is told under which addresses it can have the images again. */
  readonly keepsImages: boolean;
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
  { engine, answers, images, options }: ServerContext,
  { modelId, digest, isStream, requests, records, keepsImages, finish }: AnswerRequest,
): OpenAnswer {
  const owner = c.get("owner");
  const { idempotencyKey, isRetry, keepSeconds } = clientRetries(c, isStream);
  const answer = answers.open(
    { owner, path: c.req.path, digest, idempotencyKey, isRetry },
    () =>
      new Answer({
        jobs: engine.submit(modelId, requests, owner),
        records,
        images: keepsImages ? images : undefined,
        finish,
        onInternalError: (message) => options.log(`request ${c.get("requestId")} failed: ${message}`),
      }),
  );
  // What was read of the body is in the jobs.
  c.get("bodyShare").free();
  const detach = answer.attach();
  const start = performance.now();
  const leave = () => detach(keepSeconds((performance.now() - start) / 1000));
  if (c.req.raw.signal.aborted) leave();
  return { answer, leave };
}
