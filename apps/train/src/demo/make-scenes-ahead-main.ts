/** Makes the demo's scenes while `npm run demo` sets the backend up. */
import { UsageError } from "../config/usage-error.ts";
import { makeScenesAhead } from "./make-scenes-ahead.ts";
import { parseDemoOptions } from "./options.ts";

try {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  await makeScenesAhead(parseDemoOptions(process.argv.slice(2)), { log });
} catch (error) {
  process.stderr.write(`demo: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
