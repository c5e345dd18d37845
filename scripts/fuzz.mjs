/** `npm run fuzz [-- COUNT]`: malformed and hostile requests against a running server, 10,000 unless told otherwise. */
import { exitOnFailure, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

setUp();
const env = { INTERFUSE_FUZZ: process.argv[2] ?? "10000" };
exitOnFailure(runNode("node_modules/vitest/vitest.mjs", ["run", "test/chat/hostile.test.ts"], { env }));
