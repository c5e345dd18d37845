/** `npm run bench -- NAME [OPTIONS]`: sets everything up, then measures; see bench/src/main.ts. */
import { exitOnFailure, runNode } from "./lib/process.mjs";

exitOnFailure(runNode("scripts/setup.mjs", ["--quiet"]));
exitOnFailure(runNode("bench/dist/main.js", process.argv.slice(2)));
