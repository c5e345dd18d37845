/** A running server's page in a headless Chromium, which complains about whatever a person would not see. */
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { TIMEOUT_MS } from "../support/browser.ts";

/** A page, and what went wrong on it so far. */
export type OpenPage = { readonly page: Page; readonly problems: readonly string[] };

/** An empty page in a fresh profile, without motion unless asked for. */
export async function freshPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  return context.newPage();
}

/** Opens the page of a server, as `freshPage`, and waits until something answers. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const page = await freshPage(browser, options);
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
  await expect.poll(() => page.locator(".take-done").count()).toBe(count);
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

/** Waits until the page's database holds this many finished answers and images: both are written a moment later than shown. */
export async function kept(page: Page, expected: { answers: number; images: number }): Promise<void> {
  await expect.poll(() => page.evaluate(readHistory)).toEqual(expected);
}

/** What the history's database holds; runs in the page. */
async function readHistory(): Promise<{ answers: number; images: number }> {
  const of = <Result>(request: IDBRequest<Result>) =>
    new Promise<Result>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  type Conversation = { turns: { takes: { status: { kind: string } }[] }[] };
  const database = await of(indexedDB.open("interfuse"));
  try {
    const read = database.transaction(["conversations", "images"]);
    const conversations = await of<Conversation[]>(read.objectStore("conversations").getAll());
    const images = await of(database.transaction("images").objectStore("images").count());
    const takes = conversations.flatMap(({ turns }) => turns.flatMap((turn) => turn.takes));
    return { answers: takes.filter(({ status }) => status.kind === "done").length, images };
  } finally {
    database.close();
  }
}
