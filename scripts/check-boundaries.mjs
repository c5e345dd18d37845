/**
 * The architecture, checked: which package may import which, what runs in a browser, and who may choose a backend.
 * Biome checks the rest (undeclared dependencies, Node modules in browser packages, printing).
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./lib/process.mjs";

/** Each package's layer: an import goes to a lower layer only. */
const LAYERS = {
  "ai-provider": 0,
  "backend-torch": 0,
  tensor: 1,
  backbone: 2,
  diffusion: 2,
  "image-tokenizer": 2,
  "text-tokenizer": 2,
  model: 3,
  data: 4,
  pipeline: 4,
  training: 4,
  evaluation: 5,
  train: 6,
  chat: 6,
  cli: 7,
};
const BROWSER_PACKAGES = ["tensor", "text-tokenizer", "image-tokenizer", "backbone", "diffusion", "model", "pipeline"];
/** Files of browser packages that only Node loads (package.json `imports`). */
const NODE_ONLY = /[\\/]node[\\/]|\.node\.ts$/;
/** The one place that reads synchronously, and never on WebGPU. */
const READS_AT_ONCE = path.join("packages", "tensor", "src", "read-at-once.ts");

/** Imports of TensorFlow.js; files of its wasm backend that a page serves or runs in threads are none. */
const TENSORFLOW = /from\s+"@tensorflow\/tfjs(?!-backend-wasm\/(dist\/[^"]*\?url|wasm-out\/))[^"]*"/;

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(file);
    else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield file;
  }
}

const problems = [];
for (const group of ["packages", "apps"]) {
  for (const name of readdirSync(path.join(ROOT, group))) {
    if (!(name in LAYERS)) problems.push(`${group}/${name}: not in the layers of scripts/check-boundaries.mjs; add it`);
    for (const file of sourceFiles(path.join(ROOT, group, name, "src"))) {
      const text = readFileSync(file, "utf8");
      const where = path.relative(ROOT, file);
      for (const [, target, rest] of text.matchAll(/from\s+"@interfuse\/([a-z-]+)(\/[^"]*)?"/g)) {
        if (rest) problems.push(`${where}: imports a file inside @interfuse/${target}; export it from its index`);
        if (!(LAYERS[target] < LAYERS[name]))
          problems.push(`${where}: ${name} may not import ${target}, which is not below it`);
      }
      if (name !== "tensor" && name !== "backend-torch" && TENSORFLOW.test(text)) {
        problems.push(`${where}: imports TensorFlow.js itself; take \`tf\` from @interfuse/tensor`);
      }
      if (group === "packages" && name !== "tensor" && /\buseBackend\(/.test(text)) {
        problems.push(`${where}: only apps choose a backend`);
      }
      const runsInBrowser = BROWSER_PACKAGES.includes(name) && !NODE_ONLY.test(where) && where !== READS_AT_ONCE;
      if (runsInBrowser && /\.(dataSync|arraySync)\(/.test(text)) {
        problems.push(
          `${where}: reads synchronously, which gives zeros on WebGPU; await data(), or check by readAtOnce()`,
        );
      }
    }
  }
}

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exit(1);
}
