/** Prints what `computeAll` gives on the backend that the argument names. */
import { computeAll } from "./image-tokenizer.mjs";

process.stdout.write(`${JSON.stringify(await computeAll(process.argv[2]))}\n`);
