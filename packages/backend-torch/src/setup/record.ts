/** What set-up leaves behind for the loader: one file per version of the C++ sources and kind of processor. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cacheFolder, NODE_API_VERSION } from "./paths.ts";
import { processorKey } from "./processor.ts";

/** A build: where it lies, what it was made from, and how to tell that both are still the same. */
export interface BuildRecord {
  /** Absolute path of the compiled addon. */
  readonly addon: string;
  /** Absolute path of the small addon that prepares the process before libtorch is loaded. */
  readonly prepare: string;
  /** Of each of the two, in the same order: a hash of its content. */
  readonly digests: readonly [addon: string, prepare: string];
  /** Everything the build depends on; a change means compiling again. */
  readonly key: string;
  /** Of libtorch, for example "2.13.0". */
  readonly version: string;
  /** The header of libtorch that says its version. */
  readonly versionFile: string;
  /** The folder with libtorch's libraries. */
  readonly libtorch: string;
  /** Where libtorch came from, in words. */
  readonly origin: string;
}

function recordsFolder(): string {
  return join(cacheFolder(), "records");
}

function recordPath(sources: string): string {
  return join(recordsFolder(), `${sources}-napi${NODE_API_VERSION}-${processorKey()}.json`);
}

const TEXTS = ["addon", "prepare", "key", "version", "versionFile", "libtorch", "origin"] as const;

function isBuildRecord(value: unknown): value is BuildRecord {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Partial<Record<keyof BuildRecord, unknown>>;
  return TEXTS.every((name) => typeof record[name] === "string") && Array.isArray(record.digests);
}

/** The record for these sources on this kind of processor, or undefined when they were never built for it or it is damaged. */
export function readRecord(sources: string): BuildRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(recordPath(sources), "utf8"));
    return isBuildRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether these sources were built for another kind of processor, by a machine that shares the cache. */
export function isBuiltForOtherProcessor(sources: string): boolean {
  try {
    const own = basename(recordPath(sources));
    const others = readdirSync(recordsFolder()).filter((name) => name !== own);
    return others.some((name) => name.startsWith(`${sources}-napi${NODE_API_VERSION}-`));
  } catch {
    return false;
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
  return shortHash(parts.join("\n"));
}

/** A short hash of a file's content. @throws Error when it cannot be read */
export function fileDigest(path: string): string {
  return shortHash(readFileSync(path));
}

function shortHash(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
