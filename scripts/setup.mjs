/** `npm run setup [-- --with browser,fonts] [--quiet]`: see scripts/lib/set-up.mjs. */
import { setUp } from "./lib/set-up.mjs";

const args = process.argv.slice(2);
const at = args.indexOf("--with");
setUp({
  extras: at < 0 ? [] : (args[at + 1] ?? "").split(",").filter(Boolean),
  quiet: args.includes("--quiet"),
});
