import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Version of Node-API that the addon is compiled for: a build runs on every Node that has it. */
export const NODE_API_VERSION = 8;

/** This package's folder. */
const PACKAGE_FOLDER = fileURLToPath(new URL("../..", import.meta.url));

/** The C++ sources. */
export const NATIVE_FOLDER = join(PACKAGE_FOLDER, "native");

/** Where compiled addons and a downloaded libtorch lie, as an absolute path: `INTERFUSE_CACHE`, else the user's cache folder. */
export function cacheFolder(): string {
  const chosen = process.env.INTERFUSE_CACHE;
  if (chosen !== undefined && chosen !== "") return resolve(chosen, "backend-torch");
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "interfuse", "backend-torch");
}

/** Makes the cache folder. @throws Error saying how to name another when it cannot be written */
export function requireCacheFolder(): void {
  const folder = cacheFolder();
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new Error(`the cache folder "${folder}" cannot be written (${reason}); name another in INTERFUSE_CACHE`, {
      cause,
    });
  }
}

/** Folder with `node_api.h`. */
export function nodeApiHeaders(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve("node-api-headers/package.json")), "include");
}

/** All files of `native/`, sorted, as absolute paths. */
export function nativeFiles(): string[] {
  return readdirSync(NATIVE_FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(cc|h)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Hash of the C++ sources: an addon built from others must not be loaded. */
export function sourceHash(): string {
  const hash = createHash("sha256");
  for (const file of nativeFiles()) {
    hash.update(relative(NATIVE_FOLDER, file));
    hash.update("\0");
    hash.update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
