/** Compiles tfjs-node's addon from its own sources against a libtensorflow. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT, run } from "./process.mjs";
import { LIBRARIES } from "./tensorflow-library.mjs";

/** Version of Node-API in the name of the folder where tfjs-node 4.22 looks for its addon. */
const NODE_API_VERSION = 8;

/**
 * Compiles the addon into the package's folder; does nothing when it is there for this libtensorflow.
 * @param packageFolder of tfjs-node, with its C++ sources in `binding/`
 * @param tensorflow folder with libtensorflow's libraries and `include/`
 * @throws Error with the compiler's first error
 */
export function compileAddon(packageFolder, tensorflow, say) {
  const output = path.join(packageFolder, "lib", `napi-v${NODE_API_VERSION}`, "tfjs_binding.node");
  const stamp = `${output}.txt`;
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === tensorflow) return;
  const compiler = process.env.CXX || "c++";
  say("compiling the addon");
  mkdirSync(path.dirname(output), { recursive: true });
  const binding = path.join(packageFolder, "binding");
  const sources = readdirSync(binding).filter((name) => name.endsWith(".cc"));
  const { status, stderr } = run(
    compiler,
    [
      ...["-std=c++17", "-O2", "-fPIC", "-shared", "-w", `-DNAPI_VERSION=${NODE_API_VERSION}`],
      ...[nodeApiHeaders(), packageFolder, path.join(tensorflow, "include")].flatMap((folder) => ["-I", folder]),
      ...sources.map((name) => path.join(binding, name)),
      ...LIBRARIES.map((name) => path.join(tensorflow, name)),
      `-Wl,-rpath,${tensorflow}`,
      ...["-o", output],
    ],
    { capture: true },
  );
  if (status !== 0) {
    const error = stderr.split("\n").find((line) => /error: |undefined reference|ENOENT/.test(line));
    throw new Error(`"${compiler}" could not compile tfjs-node's addon: ${error ?? `status ${status}`}`);
  }
  writeFileSync(stamp, tensorflow);
}

/** Folder with `node_api.h`: a dependency of backend-torch, which compiles against it too. */
function nodeApiHeaders() {
  const require = createRequire(path.join(ROOT, "packages/backend-torch/package.json"));
  return path.join(path.dirname(require.resolve("node-api-headers/package.json")), "include");
}
