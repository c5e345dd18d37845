/** `npm run study -- NAME [OPTIONS]`: sets everything up, then does a study's runs and writes its tables; see apps/train/src/study/study.ts. */
import { exitOnFailure, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

setUp({ quiet: true });
exitOnFailure(runNode("apps/train/dist/study/main.js", process.argv.slice(2)));
