/**
 * `npm run --silent endurance [-- --steps 100000 --precision bf16|f32]`: trains a tiny model for 100,000 steps on `torch` and
 * prints, as JSON, how resident memory went. Fails when it grew by more than 2% after the first quarter.
 */
import path from "node:path";
import { exitOnFailure, ROOT, run } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

setUp({ quiet: true });
const program = path.join(ROOT, "test/torch/endurance-program.mjs");
exitOnFailure(run(process.execPath, ["--expose-gc", program, ...process.argv.slice(2)]));
