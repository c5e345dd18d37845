import { existsSync } from "node:fs";
import { constants } from "node:os";
import { sourceHash } from "./paths.ts";
import { readRecord } from "./record.ts";

/** Functions of the small addon that runs before libtorch is loaded. */
interface PrepareFunctions {
  prepare(): void;
}

/**
 * Loads the addon that `setup` compiled for these sources into the calling thread.
 *
 * @throws Error saying what was looked for and how to get it
 */
export function loadAddon(): object {
  const sources = sourceHash();
  const record = readRecord(sources);
  const remedy = 'run "npx @interfuse/backend-torch setup"';
  if (record === undefined)
    throw new Error(`backend-torch: no addon was compiled for these sources (${sources}); ${remedy}`);
  for (const path of [record.prepare, record.addon, record.libtorch]) {
    if (!existsSync(path)) throw new Error(`backend-torch: "${path}" is gone; ${remedy}`);
  }
  try {
    (open(record.prepare) as PrepareFunctions).prepare();
    return open(record.addon);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `backend-torch: "${record.addon}" (libtorch ${record.version}) does not load: ${message}; ${remedy}`,
      { cause },
    );
  }
}

function open(path: string): object {
  const module = { exports: {} };
  process.dlopen(module, path, constants.dlopen.RTLD_NOW);
  return module.exports;
}
