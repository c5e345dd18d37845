/**
 * Loads the compiled addon. What would end the process — a damaged file, instructions that this processor lacks, another
 * libtorch than the one compiled against — is found out before anything is loaded, and is an Error.
 */
import { existsSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { findLibtorch, isLibtorchChosen, readVersion } from "./find-libtorch.ts";
import { sourceHash } from "./paths.ts";
import { type BuildRecord, fileDigest, isBuiltForOtherProcessor, readRecord } from "./record.ts";

/** Functions of the small addon that runs before libtorch is loaded. */
interface PrepareFunctions {
  prepare(): void;
}

const REMEDY = 'run "npx @interfuse/backend-torch setup"';

/** What Linux's loader says where a process has no address space left for a library. */
const NO_ROOM = /failed to map segment|cannot allocate memory/i;

/**
 * Loads the addon that `setup` compiled for these sources and this processor into the calling thread.
 *
 * @throws Error saying what was looked for and how to get it
 */
export function loadAddon(): object {
  const record = findBuild();
  checkBuild(record);
  try {
    (open(record.prepare) as PrepareFunctions).prepare();
    return open(record.addon);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const remedy = NO_ROOM.test(message) ? "let the process have more memory (ulimit -v)" : REMEDY;
    throw new Error(
      `backend-torch: "${record.addon}" (libtorch ${record.version}) does not load: ${message}; ${remedy}`,
      { cause },
    );
  }
}

function findBuild(): BuildRecord {
  const sources = sourceHash();
  const record = readRecord(sources);
  if (record !== undefined) return record;
  const why = isBuiltForOtherProcessor(sources)
    ? "the addon in the cache was compiled for another processor"
    : `no addon was compiled for these sources (${sources})`;
  throw new Error(`backend-torch: ${why}; ${REMEDY}`);
}

/** @throws Error when the addon or its libtorch is gone, or is not what it was when the addon was compiled */
function checkBuild({ addon, prepare, digests, libtorch, version, versionFile }: BuildRecord): void {
  for (const path of [prepare, addon, libtorch, versionFile]) {
    if (!existsSync(path)) throw new Error(`backend-torch: "${path}" is gone; ${REMEDY}`);
  }
  for (const [index, path] of [addon, prepare].entries()) {
    if (fileDigest(path) !== digests[index]) throw new Error(`backend-torch: "${path}" is damaged; ${REMEDY}`);
  }
  const present = readVersion(versionFile);
  if (present !== version) {
    throw new Error(
      `backend-torch: the libtorch in "${libtorch}" is ${present}, the addon was compiled for ${version}; ${REMEDY}`,
    );
  }
  const chosen = isLibtorchChosen() ? findLibtorch() : undefined;
  if (chosen !== undefined && realpathSync(chosen.libraryFolder) !== realpathSync(libtorch)) {
    throw new Error(
      `backend-torch: LIBTORCH has libtorch ${chosen.version} in "${chosen.libraryFolder}", the addon was compiled for ${version} in "${libtorch}"; ${REMEDY}`,
    );
  }
}

function open(path: string): object {
  const module = { exports: {} };
  process.dlopen(module, path, constants.dlopen.RTLD_NOW);
  return module.exports;
}
