/** The web page of apps/chat, bundled by vite; left as it is when nothing that goes into it has changed since. */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { exitOnFailure, ROOT, run } from "./process.mjs";

const CHAT = path.join(ROOT, "apps/chat");
const BUILT = path.join(CHAT, "dist/page/index.html");

/** To be called after `tsc -b`: the page takes the packages' `dist`. */
export function buildPage() {
  const sources = [
    path.join(CHAT, "src/page"),
    path.join(CHAT, "src/browser"),
    path.join(CHAT, "vite.config.ts"),
    path.join(CHAT, "package.json"),
    path.join(ROOT, "pnpm-lock.yaml"),
    ...readdirSync(path.join(ROOT, "packages")).map((name) => path.join(ROOT, "packages", name, "dist")),
  ];
  if (newest([BUILT]) > newest(sources)) return;
  const vite = path.join(CHAT, "node_modules/vite/bin/vite.js");
  const config = path.join(CHAT, "vite.config.ts");
  exitOnFailure(run(process.execPath, [vite, "build", "--config", config, "--logLevel", "warn"]));
}

/** When the newest of the files, or of the files in the folders, was written; 0 where there is none. */
function newest(files) {
  const times = files.map((file) => {
    const info = statSync(file, { throwIfNoEntry: false });
    if (info === undefined) return 0;
    if (!info.isDirectory()) return info.mtimeMs;
    return newest(readdirSync(file).map((name) => path.join(file, name)));
  });
  return Math.max(0, ...times);
}
