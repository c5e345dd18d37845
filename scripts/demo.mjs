/** `npm run demo [-- --minutes N | --steps N | --fresh]`: sets everything up, then trains and shows a joint text-image model. */
import { exitOnFailure, runNode } from "./lib/process.mjs";

exitOnFailure(runNode("scripts/setup.mjs"));
exitOnFailure(runNode("apps/train/dist/demo/main.js", process.argv.slice(2)));
