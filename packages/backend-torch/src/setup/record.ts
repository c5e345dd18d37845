import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder, NODE_API_VERSION } from "./paths.ts";

/** What set-up leaves behind for the loader: one file per version of the C++ sources. */
export interface BuildRecord {
  /** Absolute path of the compiled addon. */
  readonly addon: string;
  /** Absolute path of the small addon that prepares the process before libtorch is loaded. */
  readonly prepare: string;
  /** Everything the build depends on; a change means compiling again. */
  readonly key: string;
  /** For example "2.13.0+cpu". */
  readonly version: string;
  readonly libtorch: string;
  /** Where libtorch came from, in words. */
  readonly origin: string;
}

function recordPath(sources: string): string {
  return join(cacheFolder(), "records", `${sources}-napi${NODE_API_VERSION}.json`);
}

/** The record for these sources, or undefined when they were never built. */
export function readRecord(sources: string): BuildRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(sources), "utf8")) as BuildRecord;
  } catch {
    return undefined;
  }
}

/** Writes the record under another name first, so that a reader never sees half of it. */
export function writeRecord(sources: string, record: BuildRecord): void {
  const path = recordPath(sources);
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(unfinished, path);
}

/** A short hash of the parts that a build depends on. */
export function buildKey(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16);
}
