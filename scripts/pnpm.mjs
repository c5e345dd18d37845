/** `node scripts/pnpm.mjs ARGS`: the pinned pnpm, which a newcomer does not have installed. */
import { exitOnFailure, runPnpm } from "./lib/process.mjs";

// turbo looks for pnpm on its PATH, so programs that need it run under `pnpm exec`.
exitOnFailure(runPnpm(process.argv.slice(2)));
