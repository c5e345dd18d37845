/** Where what set-up gets and builds lies outside the clone: `INTERFUSE_CACHE`, else the user's cache folder. */
import { homedir } from "node:os";
import path from "node:path";

/** A folder of the cache; backend-torch has its own beside it (packages/backend-torch/src/setup/paths.ts). */
export function cacheFolder(name) {
  const { INTERFUSE_CACHE, XDG_CACHE_HOME } = process.env;
  return path.join(INTERFUSE_CACHE || path.join(XDG_CACHE_HOME || path.join(homedir(), ".cache"), "interfuse"), name);
}
