/**
 * TensorFlow.js's specs as one CommonJS file. They are shipped as ES modules whose imports have no file extensions,
 * which Node does not resolve, and are marked free of side effects, which bundlers take at its word.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const require = createRequire(import.meta.url);

/** Says for which backend the specs are before they are defined, from the global that `runSpecs` sets. */
const ENTRY = `
  import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util";
  setTestEnvs([globalThis.conformanceTestEnv]);
  require("@tensorflow/tfjs-core/dist/tests");
`;

/** The specs compare with an absolute tolerance; this one may be widened, then relative to the expected value. */
const COMPARISON = "Math.abs(a - e) > epsilon";
const WIDENED =
  "Math.abs(a - e) > (epsilon === 0 ? 0 : Math.max(epsilon, globalThis.conformanceTolerance * Math.max(1, Math.abs(e))))";

const widenTolerance: Plugin = {
  name: "widen-tolerance",
  setup({ onLoad }) {
    onLoad({ filter: /tfjs-core[\\/]dist[\\/]test_util\.js$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      if (!text.includes(COMPARISON)) throw new Error(`conformance: "${file}" does not compare as expected`);
      return { contents: text.replace(COMPARISON, WIDENED) };
    });
  },
};

/** Bundles the specs of the installed `@tensorflow/tfjs-core`. Returns the path of the bundle. */
export async function bundleSpecs(): Promise<string> {
  const bundle = fileURLToPath(new URL("specs.cjs", import.meta.url));
  await build({
    stdin: { contents: ENTRY, resolveDir: path.dirname(bundle), sourcefile: "specs.js" },
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "cjs",
    ignoreAnnotations: true,
    logLevel: "error",
    plugins: [widenTolerance],
    alias: { "jasmine-core": path.dirname(require.resolve("jasmine-core/package.json")) },
  });
  return bundle;
}
