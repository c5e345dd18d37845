import { rename, rm, writeFile } from "node:fs/promises";
import type { ReadableStream } from "node:stream/web";

/**
 * Downloads what lies at `address` into `file`, which appears only when all of it has come.
 *
 * @throws Error with the address, and the status or what went wrong on the way
 */
export async function downloadArchive(address: string, file: string): Promise<void> {
  const unfinished = `${file}.unfinished`;
  try {
    const response = await fetch(address);
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw new Error(`status ${response.status} ${response.statusText}`.trimEnd());
    }
    // The two declarations of ReadableStream, the browser's and Node's, do not fit each other.
    await writeFile(unfinished, response.body as ReadableStream);
    await rename(unfinished, file);
  } catch (cause) {
    throw new Error(`download of "${address}" failed: ${reasonOf(cause)}`, { cause });
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** fetch says only "fetch failed" or "terminated"; the reason is the error's cause, with a code and often no message. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { message?: string; code?: string } };
  const reason = cause?.message || cause?.code;
  return reason === undefined ? message : `${message}: ${reason}`;
}
