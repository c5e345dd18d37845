#!/usr/bin/env node
// The `interfuse` command of a clone: runs the built CLI, or says how to build it.
import { existsSync } from "node:fs";

const main = new URL("../apps/cli/dist/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('interfuse: this clone is not built yet; run "npm run setup" first');
  process.exitCode = 1;
}
