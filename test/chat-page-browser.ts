/** A headless Chromium that looks at a running server's page, and complains about whatever a person would not see. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser's program: `CHROME_PATH`, or where systems put it; undefined where there is none. */
export function findBrowser(): string | undefined {
  return [process.env.CHROME_PATH ?? "", ...PLACES].find((path) => path !== "" && existsSync(path));
}

export function startBrowser(executablePath: string): Promise<Browser> {
  // Test machines run as root, where Chromium's own sandbox cannot start.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page, and what went wrong on it so far. */
export type OpenPage = { readonly page: Page; readonly problems: readonly string[] };

/** Opens the page of a server in a fresh profile, without motion unless asked for, and waits until something answers. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    const isOwn = protocol === "data:" || protocol === "blob:" || origin === new URL(url).origin;
    if (!isOwn) problems.push(`request to another host: ${request.url()}`);
  });
  await page.goto(url);
  await page.locator(".lamp:not(.lamp-off)").waitFor();
  return { page, problems };
}

const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe finds wrong, in one line each. Animations are let end first: colours between two states are nobody's choice. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
        .map(({ finished }) => finished.catch(() => undefined)),
    ),
  );
  await page.addScriptTag({ path: axeSource }).catch(() => undefined);
  return page.evaluate(async () => {
    type Result = { violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] };
    const { axe } = globalThis as unknown as { axe: { run: () => Promise<Result> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`),
    );
  });
}

/** Writes a message and sends it. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Waits until this many answers are done, and none is under way. */
export async function finished(page: Page, count: number): Promise<void> {
  await expect.poll(() => page.locator(".take-done").count(), { timeout: 60_000 }).toBe(count);
  await expect.poll(() => page.locator(".take-asked, .take-queued, .take-running").count()).toBe(0);
}

/** Opens the settings, does something there, and closes them. */
export async function settings(page: Page, act: () => Promise<unknown>): Promise<void> {
  await page.getByRole("button", { name: /^Settings/ }).click();
  await act();
  await page.getByRole("region", { name: "Settings" }).press("Escape");
}

/** Sets what is answered with: Picture, Words, or as the model likes. */
export function answerWith(page: Page, name: string): Promise<void> {
  return settings(page, () => page.getByRole("radio", { name }).check());
}
