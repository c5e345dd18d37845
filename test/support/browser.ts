/** The Chromium of this machine, for tests that look at pages. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Time for one step on a page, as long as a busy machine needs; what is waited for comes at once otherwise. */
export const TIMEOUT_MS = 60_000;

/** Its program: `CHROME_PATH`, or where systems put it; undefined where there is none. */
function findBrowser(): string | undefined {
  return [process.env.CHROME_PATH ?? "", ...PLACES].find((path) => path !== "" && existsSync(path));
}

/** Why there is no browser, or undefined when there is one. */
export function browserUnavailable(): string | undefined {
  if (findBrowser() !== undefined) return undefined;
  return "no Chromium; get it by: node scripts/setup.mjs --with browser, or name one by CHROME_PATH";
}

/** Starts it, headless. */
export function startBrowser(args: readonly string[] = []): Promise<Browser> {
  // Test machines run as root, where Chromium's own sandbox cannot start.
  return chromium.launch({ executablePath: findBrowser(), args: ["--no-sandbox", ...args] });
}
