/**
 * The memory that bodies of requests may take together. A body counts from its first byte until its request has become an
 * answer, an error, or its client has gone: parsed, it takes as much again, and its pictures are read from it.
 */
import type { MiddlewareHandler } from "hono";
import { ApiError } from "./api-error.ts";
import type { Env } from "./context.ts";

/** Seconds after which a request that found no room may try again: most bodies are here sooner. */
const RETRY_AFTER_SECONDS = 1;

/** What one request's body takes. */
export type BodyShare = {
  /** Counts bytes that have come. @throws {ApiError} 503 when there is no room for them */
  take(numBytes: number): void;
  /** Counts nothing of it any more. */
  free(): void;
};

export class BodyMemory {
  readonly #maxBytes: number;
  #numBytes = 0;

  constructor({ maxBytes }: { maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  /** A share without bytes. */
  share(): BodyShare {
    let numTaken = 0;
    return {
      take: (numBytes) => {
        if (this.#numBytes + numBytes > this.#maxBytes) {
          throw new ApiError(
            503,
            "bodies_too_large",
            `the bodies of all requests under way may have ${this.#maxBytes} bytes together; try again in ${RETRY_AFTER_SECONDS} s`,
            { headers: { "retry-after": String(RETRY_AFTER_SECONDS) } },
          );
        }
        this.#numBytes += numBytes;
        numTaken += numBytes;
      },
      free: () => {
        this.#numBytes -= numTaken;
        numTaken = 0;
      },
    };
  }
}

/** Gives each request its share, and frees it at the latest when the request has been answered. */
export function shareBodyMemory({
  maxTotalBodyBytes: maxBytes,
}: {
  maxTotalBodyBytes: number;
}): MiddlewareHandler<Env> {
  const memory = new BodyMemory({ maxBytes });
  return async (c, next) => {
    const share = memory.share();
    c.set("bodyShare", share);
    try {
      await next();
    } finally {
      share.free();
    }
  };
}
