/**
 * What a request says of being sent again. The openai clients (and others that Stainless generates) send a request up to three
 * times: they count in `x-stainless-retry-count`, send no idempotency key, and do not tell a user who goes from a timeout.
 */
import { ApiError } from "./api-error.ts";
import type { RequestContext } from "./context.ts";

/** Seconds for which an answer waits for a client that named its request by an `Idempotency-Key`. */
const KEEP_FOR_KEY_SECONDS = 30;
/** Pauses of the openai clients before they try again: half a second, doubled up to eight. */
const FIRST_PAUSE_SECONDS = 0.5;
const LONGEST_PAUSE_SECONDS = 8;
/** For the way there and back, on a busy machine. */
const MARGIN_SECONDS = 1;

export type ClientRetries = {
  readonly idempotencyKey: string | undefined;
  /** The client says that it has sent this before. */
  readonly isRetry: boolean;
  /** Seconds for which to go on when the client goes after `elapsedSeconds`; 0 unless it is likely to come back. */
  keepSeconds(elapsedSeconds: number): number;
};

/**
 * Reads the headers of a request.
 * @param isStream a stream has its headers at once, so no client waits in vain for them and tries again
 * @throws {ApiError} 400 when the idempotency key is too long
 */
export function clientRetries({ req }: RequestContext, isStream: boolean): ClientRetries {
  const idempotencyKey = req.header("idempotency-key");
  if (idempotencyKey !== undefined && (idempotencyKey === "" || idempotencyKey.length > 255)) {
    throw new ApiError(400, "invalid_value", "the header Idempotency-Key must have 1 to 255 characters");
  }
  const retryCount = Number.parseInt(req.header("x-stainless-retry-count") ?? "", 10);
  const timeoutSeconds = Number(req.header("x-stainless-timeout") ?? 0);
  return {
    idempotencyKey,
    isRetry: retryCount > 0,
    keepSeconds: (elapsedSeconds) => {
      if (idempotencyKey !== undefined) return KEEP_FOR_KEY_SECONDS;
      if (isStream || !(retryCount >= 0) || elapsedSeconds < timeoutSeconds) return 0;
      return Math.min(FIRST_PAUSE_SECONDS * 2 ** retryCount, LONGEST_PAUSE_SECONDS) + MARGIN_SECONDS;
    },
  };
}
