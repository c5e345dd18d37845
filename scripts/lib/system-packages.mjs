/** What some tests and the emoji data set need from the system: a browser and a colour font. */
import { existsSync } from "node:fs";
import { run } from "./process.mjs";

const EXTRAS = {
  browser: { debian: "chromium", file: "/usr/bin/chromium" },
  fonts: { debian: "fonts-noto-color-emoji", file: "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf" },
};

/**
 * Installs the named extras that are missing with Debian's package manager.
 * @returns {boolean} whether all of them are there now
 */
export function installSystemPackages(names, say) {
  const unknown = names.filter((name) => !(name in EXTRAS));
  if (unknown.length > 0) {
    say(`unknown extra "${unknown[0]}"; --with takes ${Object.keys(EXTRAS).join(", ")}`);
    return false;
  }
  const missing = names.filter((name) => !existsSync(EXTRAS[name].file));
  if (missing.length === 0) return true;
  const packages = missing.map((name) => EXTRAS[name].debian);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) {
    say(`missing: ${packages.join(", ")}; install them with your system's package manager`);
    return false;
  }
  say(`installing ${packages.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", ["update", "-qq"], { capture: true, env });
  const { status, stderr } = run("apt-get", ["install", "-y", "-qq", ...packages], { capture: true, env });
  if (status !== 0) say(`apt-get could not install ${packages.join(", ")}: ${stderr.trim().split("\n").at(-1)}`);
  return status === 0;
}
