/**
 * Answers that are under way or ended a moment ago, so that a client that asks again for the same gets the same one instead
 * of a second one. Every answer is found by its request; only a request that says it is a retry joins it.
 */
import { createHash } from "node:crypto";
import type { Answer } from "./answer.ts";

/** Seconds for which an answer that has ended can still be had. */
const KEEP_SECONDS = 60;
/** Answers in the table at most; the oldest that have ended go first. */
const MAX_ANSWERS = 1024;

/** What tells a request from others. */
export type RequestIdentity = {
  /** Who asks: nobody joins somebody else's answer. */
  readonly owner: string;
  readonly path: string;
  /** Digest of the body. */
  readonly digest: string;
  readonly idempotencyKey?: string;
  /** The client says that it has sent this before. */
  readonly isRetry: boolean;
};

/** The same idempotency key with another body. */
export class IdempotencyError extends Error {}

type Entry = { readonly answer: Answer; readonly digest: string; endTime: number | undefined };

export class RunningAnswers {
  readonly #entries = new Map<string, Entry>();

  /**
   * The answer to join, or the one that `make` makes.
   * @throws {IdempotencyError} when the key came with another body before
   */
  open(identity: RequestIdentity, make: () => Answer): Answer {
    const key = keyOf(identity);
    const known = this.#find(key);
    const mayJoin = identity.isRetry || identity.idempotencyKey !== undefined;
    if (known !== undefined && mayJoin) {
      if (known.digest !== identity.digest) {
        throw new IdempotencyError("this Idempotency-Key came with another body before; use a new key");
      }
      return known.answer;
    }
    const answer = make();
    const entry: Entry = { answer, digest: identity.digest, endTime: undefined };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#trim();
    void answer.done.then(() => {
      entry.endTime = performance.now();
    });
    return answer;
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    const isOld = entry?.endTime !== undefined && performance.now() - entry.endTime > KEEP_SECONDS * 1000;
    return entry === undefined || isOld || entry.answer.isBroken ? undefined : entry;
  }

  #trim(): void {
    const now = performance.now();
    for (const [key, { endTime }] of this.#entries) {
      const isOld = endTime !== undefined && now - endTime > KEEP_SECONDS * 1000;
      const isTooMany = endTime !== undefined && this.#entries.size > MAX_ANSWERS;
      if (isOld || isTooMany) this.#entries.delete(key);
    }
  }
}

function keyOf({ owner, path, digest, idempotencyKey }: RequestIdentity): string {
  const tail = idempotencyKey === undefined ? ["body", digest] : ["key", idempotencyKey];
  return createHash("sha256")
    .update(JSON.stringify([owner, path, ...tail]))
    .digest("base64url");
}
