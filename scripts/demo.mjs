/** `npm run demo [-- --minutes N | --steps N | --fresh]`: sets everything up, then trains and shows a joint text-image model. */
import { exitOnFailure, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

const start = performance.now();
const { downloadSeconds } = setUp();
// The demo fits its training into what set-up leaves of its minutes; downloads do not count.
const elapsed = Math.round((performance.now() - start) / 1000 - downloadSeconds);
exitOnFailure(runNode("apps/train/dist/demo/main.js", ["--elapsed", String(elapsed), ...process.argv.slice(2)]));
