/**
 * `npm run emulated -- COMMAND [ARGS]`: runs a Node program (a file, `vitest`, `conformance`) in which libtorch has an
 * accelerator that the processor plays: the kernels' forms for other devices than the processor, tested without a card.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { exitOnFailure, ROOT, run } from "./lib/process.mjs";

const PROGRAMS = { vitest: "node_modules/vitest/vitest.mjs", conformance: "test/conformance/dist/main.js" };

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write("usage: npm run emulated -- COMMAND [ARGS], COMMAND one of vitest, conformance or a file\n");
  process.exit(2);
}
const { emulatedDevice } = await import(
  pathToFileURL(path.join(ROOT, "packages/backend-torch/dist/setup/emulated-device.js")).href
);
const device = await emulatedDevice();
const preload = path.join(path.dirname(device), "load.cjs");
writeFileSync(preload, `process.dlopen({ exports: {} }, ${JSON.stringify(device)});\n`);
exitOnFailure(
  run(process.execPath, [path.join(ROOT, PROGRAMS[command] ?? command), ...args], {
    env: { NODE_OPTIONS: `--require ${JSON.stringify(preload)}` },
  }),
);
