/**
 * One run a folder at a time: two would drop each other's lines of metrics and half-written checkpoints.
 *
 * A claim is a local socket named after the folder, which the system takes back whatever ends the process, so that no claim of a
 * killed run is ever left. It holds among the processes of one machine (or container), on Linux and Windows.
 */
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../config/usage-error.ts";

/**
 * Runs `f` with a run's folder claimed, from before the run is opened: what is read there must be what the last one left.
 * @throws UsageError as {@link claimFolder}; what `f` throws.
 */
export async function withClaimedFolder<T>(folder: string, f: () => Promise<T>): Promise<T> {
  const release = await claimFolder(folder);
  try {
    return await f();
  } finally {
    await release();
  }
}

/**
 * Claims a run's folder, which need not be there yet, until the returned function is called.
 * @throws UsageError when a run that is going on has it.
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const place = socketOf(await placeOf(resolve(folder)));
  if (place === undefined) return async () => undefined;
  const server = createServer((socket) => socket.destroy()).unref();
  const claimed = await new Promise<"yes" | "no" | "unknown">((settle) => {
    server.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "EADDRINUSE" ? "no" : "unknown"));
    server.listen(place, () => settle("yes"));
  });
  if (claimed === "no") {
    throw new UsageError(
      `--out ${folder}: another run is going on in it; wait for its end, stop it, or choose another folder`,
    );
  }
  if (claimed === "unknown") return async () => undefined;
  return () => new Promise((done) => server.close(() => done()));
}

/** The one name of a folder that need not be there: its parents may be links. */
async function placeOf(folder: string): Promise<string> {
  return realpath(folder).catch(async () => {
    const parent = dirname(folder);
    return parent === folder ? folder : join(await placeOf(parent), basename(folder));
  });
}

function socketOf(folder: string): string | undefined {
  const name = `interfuse-run-${createHash("sha256").update(folder).digest("hex")}`;
  if (process.platform === "linux") return `\0${name}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : undefined;
}
