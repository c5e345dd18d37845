/**
 * The npm package `@tensorflow/tfjs-node`, with an addon of our own, beside this workspace's TensorFlow.js.
 *
 * It is no dependency: its install script downloads an addon for a libtensorflow of 2021 that fails on current Node. It
 * must use the very files of TensorFlow.js that the workspace uses (two copies are a wall of "already registered"), so its
 * `node_modules` has links to them and copies of its other dependencies.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { cacheFolder } from "./cache-folder.mjs";
import { ROOT, run } from "./process.mjs";

const NAME = "@tensorflow/tfjs-node";
/** The version of TensorFlow.js that the workspace uses. */
const VERSION = "4.22.0";

/** Where the workspace's packages find it. */
const INSTALLED = path.join(ROOT, "node_modules", NAME);

/**
 * The cached `node_modules` with the package and its dependencies, none of whose scripts ran.
 * @throws Error when npm could not install it
 */
export function getPackage(say) {
  const folder = path.join(cacheFolder("tensorflow"), `tfjs-node-${VERSION}`);
  const modules = path.join(folder, "node_modules");
  if (existsSync(path.join(modules, NAME, "package.json"))) return modules;
  say(`installing ${NAME}@${VERSION} without its scripts`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  const { status, stderr } = run(
    "npm",
    ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", `${NAME}@${VERSION}`],
    { capture: true },
  );
  if (status !== 0) throw new Error(`npm could not install ${NAME}@${VERSION}: ${stderr.trim().split("\n").at(-1)}`);
  for (const name of readdirSync(path.join(modules, "@tensorflow"))) {
    // Its own copies of TensorFlow.js, which must not be used.
    if (name !== "tfjs-node") rmSync(path.join(modules, "@tensorflow", name), { recursive: true });
  }
  return modules;
}

/** The folder of the package in a `node_modules`. */
export function packageFolder(modules) {
  return path.join(modules, NAME);
}

/** Copies the package from the cache into the workspace's `node_modules`, linked to the workspace's TensorFlow.js. */
export function placePackage(modules) {
  rmSync(INSTALLED, { recursive: true, force: true });
  cpSync(packageFolder(modules), INSTALLED, { recursive: true });
  const own = path.join(INSTALLED, "node_modules");
  for (const name of readdirSync(modules)) {
    if (name === "@tensorflow" || name.startsWith(".")) continue;
    cpSync(path.join(modules, name), path.join(own, name), { recursive: true });
  }
  mkdirSync(path.join(own, "@tensorflow"), { recursive: true });
  const tfjs = folderOf("@tensorflow/tfjs", ROOT);
  symlinkSync(tfjs, path.join(own, "@tensorflow", "tfjs"));
  symlinkSync(folderOf("@tensorflow/tfjs-core", tfjs), path.join(own, "@tensorflow", "tfjs-core"));
}

/** The real folder of the package that files in `from` get under `name`. */
function folderOf(name, from) {
  const require = createRequire(path.join(from, "package.json"));
  return realpathSync(path.dirname(require.resolve(`${name}/package.json`)));
}
