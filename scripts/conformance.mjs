/** `npm run conformance -- [OPTIONS]`: sets everything up, then runs TensorFlow.js's specs; see test/conformance/src/main.ts. */
import { exitOnFailure, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

setUp({ quiet: true });
exitOnFailure(runNode("test/conformance/dist/main.js", process.argv.slice(2)));
