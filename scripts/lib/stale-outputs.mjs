/** What `tsc -b` leaves behind: outputs whose source was moved or removed. Archives of packages would have them too. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./process.mjs";

/** Removes them from the packages' `dist` folders. */
export function removeStaleOutputs() {
  for (const name of readdirSync(path.join(ROOT, "packages"))) {
    const folder = path.join(ROOT, "packages", name);
    const dist = path.join(folder, "dist");
    if (!existsSync(dist)) continue;
    for (const file of readdirSync(dist, { recursive: true })) {
      const output = file.match(/^(.*)\.d\.ts$/)?.[1];
      if (output === undefined || existsSync(path.join(folder, "src", `${output}.ts`))) continue;
      for (const extension of ["js", "js.map", "d.ts", "d.ts.map"]) {
        rmSync(path.join(dist, `${output}.${extension}`), { force: true });
      }
    }
  }
}
