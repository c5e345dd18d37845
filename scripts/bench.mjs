/** `npm run bench -- NAME [OPTIONS]`: sets everything up, then measures; see bench/src/main.ts. */
import { exitOnFailure, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

setUp({ quiet: true });
exitOnFailure(runNode("bench/dist/main.js", process.argv.slice(2)));
