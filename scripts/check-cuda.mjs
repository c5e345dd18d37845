/**
 * `npm run check:cuda`: everything that wants an NVIDIA card, in one go: sets up against a libtorch with CUDA, then the
 * fused operations and TensorFlow.js's specs on the card, then training steps of 110 M and 1 B parameters beside PyTorch.
 * Wants a Python with a CUDA build of PyTorch for the peers (`INTERFUSE_PYTHON`); `LIBTORCH` may name its `torch` folder.
 */
import { ROOT, run, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

setUp({});

const { status, stdout } = runNode("scripts/interfuse.mjs", ["doctor", "--backend", "torch", "--device", "cuda"], {
  capture: true,
});
process.stdout.write(stdout);
if (status !== 0) {
  process.stderr.write('check:cuda: no CUDA device; "npx interfuse doctor --device cuda" says why\n');
  process.exit(1);
}

const TESTS = [
  "test/ops/",
  "test/torch/accelerator",
  "test/torch/processes",
  "packages/backend-torch/src/kernels",
  "packages/backend-torch/src/torch-backend",
  "packages/backend-torch/src/impossible",
];
const STEPS = [
  ["fused operations", () => run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...TESTS])],
  ["TensorFlow.js's specs", () => runNode("scripts/conformance.mjs", ["--backend", "torch"])],
  ...["110M", "1B"].map((size) => [
    `training step, ${size}`,
    () => runNode("scripts/bench.mjs", ["train-step", "--device", "cuda", "--size", size, "--json"]),
  ]),
];

const failed = [];
for (const [name, step] of STEPS) {
  process.stdout.write(`\n== ${name}\n`);
  if (step().status !== 0) failed.push(name);
}
process.stdout.write(
  failed.length === 0 ? `\ncheck:cuda: all passed in ${ROOT}\n` : `\ncheck:cuda: failed: ${failed.join(", ")}\n`,
);
process.exit(failed.length === 0 ? 0 : 1);
