/** `npm run check`: format and lint, types, import boundaries, tests: what must pass before a change lands. */
import path from "node:path";
import { exitOnFailure, ROOT, run, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

setUp();
exitOnFailure(
  run(process.execPath, [
    path.join(ROOT, "node_modules/@biomejs/biome/bin/biome"),
    "check",
    "--error-on-warnings",
    ".",
  ]),
);
exitOnFailure(runNode("scripts/check-boundaries.mjs"));
if (!process.argv.includes("--no-tests")) exitOnFailure(runNode("scripts/test.mjs"));
