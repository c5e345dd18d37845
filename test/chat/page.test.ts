/** The page in a real browser: drawn, asked, edited, drawn again, kept; what it looks like to those who cannot see it. */
import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningServer } from "@interfuse/chat";
import { createApiKey } from "@interfuse/chat";
import { encodePng } from "@interfuse/data";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserUnavailable, startBrowser } from "../support/browser.ts";
import { startTestServer, writeModels } from "../support/chat-server.ts";
import { randomPicture } from "../support/pipeline.ts";
import { answerWith, axeViolations, finished, freshPage, kept, openPage, say, settings } from "./page-browser.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** A name for this machine under which its pages are not secure, as those of another one. */
const PLAIN_HOST = "interfuse.test";

const noBrowser = browserUnavailable();
// Skipped, with the reason in its name, where no Chromium is installed; `.ci/run` installs one first, and fails under CI=true if it cannot.
describe.skipIf(noBrowser !== undefined)(`the page (${noBrowser ?? "in Chromium"})`, () => {
  let models: Awaited<ReturnType<typeof writeModels>>;
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    models = await writeModels();
    const folders = [models.painter, models.talker, slowModel(models.painter)];
    // One answer at a time, so that the second of two has to wait.
    server = await startTestServer({
      models: folders.map((folder) => ({ folder })),
      maxRunning: 1,
      hostNames: [PLAIN_HOST],
    });
    browser = await startBrowser([`--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close({ drainSeconds: 0 });
    models?.remove();
  });

  it("works by plain http from another machine, where browsers leave out what wants a secure page", async () => {
    const { port } = new URL(server.url);
    const { page, problems } = await openPage(browser, `http://${PLAIN_HOST}:${port}`);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await dropPicture(page);
    await say(page, "make it red");
    await finished(page, 1);
    await kept(page, { answers: 1, images: 2 });
    expect(problems.filter((problem) => problem.startsWith("error:"))).toEqual([]);
    await page.context().close();
  });

  it("draws, draws the same again by the same seed, and keeps all of it", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await page.getByRole("button", { name: "a red circle above a blue square" }).waitFor();
    await answerWith(page, "Picture");
    await say(page, "a red circle");
    await finished(page, 1);
    await page.getByRole("button", { name: /^Keep seed/ }).click();
    await page.getByRole("button", { name: "Re-roll" }).click();
    await finished(page, 2);
    const [first, second] = await imageDigests(page);
    expect(second).toBe(first);
    await settings(page, () => page.getByRole("button", { name: "Keep the seed" }).click());
    await page.getByRole("button", { name: "Re-roll" }).last().click();
    await finished(page, 3);
    expect((await imageDigests(page))[2]).not.toBe(first);

    await kept(page, { answers: 3, images: 3 });
    await page.reload();
    await page
      .getByRole("navigation", { name: "History" })
      .getByRole("button", { name: "a red circle" })
      .first()
      .click();
    await finished(page, 3);
    expect(await imageDigests(page)).toContain(first);
    expect(await page.getByRole("article").filter({ hasText: "Goes on from here" }).count()).toBe(1);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("takes a dropped picture, asks about it, edits it, and uses what came out as input", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await chooseModel(page, "talker");
    await dropPicture(page);
    await answerWith(page, "Words");
    await say(page, "what is this?");
    await finished(page, 1);
    expect((await page.locator(".said").textContent())?.length).toBeGreaterThan(0);
    expect(await page.getByRole("img", { name: "What you gave" }).count()).toBe(1);

    await answerWith(page, "Picture");
    await dropPicture(page);
    await say(page, "make it green");
    await finished(page, 2);
    await page.getByRole("button", { name: "Use as input" }).click();
    await page.getByRole("img", { name: "To be sent" }).waitFor();
    await say(page, "and now blue");
    await finished(page, 3);
    expect(await page.getByRole("img", { name: "Painted for: and now blue" }).count()).toBe(1);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("compares two settings with one seed, and varies", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await answerWith(page, "Picture");
    await settings(page, () => page.getByText("Compare two settings").click());
    await slider(page, "Steps B", 2);
    await slider(page, "Steps A", 40);
    await say(page, "a square");
    await finished(page, 2);
    const [a, b] = await page.locator(".how-made").allTextContents();
    expect([/steps40/.test(a ?? ""), /steps2/.test(b ?? "")]).toEqual([true, true]);
    expect(/seed(\d+)/.exec(a ?? "")?.[1]).toBe(/seed(\d+)/.exec(b ?? "")?.[1]);
    const [first, second] = await imageDigests(page);
    expect(first).not.toBe(second);
    await page.getByRole("button", { name: "Four variations" }).last().click();
    await finished(page, 6);
    expect(new Set(await imageDigests(page)).size).toBe(6);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("is operated by keys alone, replays, and gives focus back", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await page.keyboard.type("hello");
    await answerWith(page, "Picture");
    await page.getByRole("textbox", { name: "Message" }).focus();
    await page.keyboard.press("Enter");
    await finished(page, 1);
    await page.getByRole("img", { name: "Painted for: hello" }).locator("..").focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Image" });
    await dialog.waitFor();
    const moment = dialog.getByRole("slider", { name: "Moment of the painting" });
    const large = () => dialog.locator(".lightbox-image").getAttribute("src");
    const whole = await large();
    await moment.focus();
    await page.keyboard.press("Home");
    await expect.poll(() => moment.getAttribute("aria-valuetext")).toMatch(/^after \d+ steps$/);
    expect(await large()).not.toBe(whole);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.activeElement?.className)).toContain("canvas");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Use as input" }).press("Enter");
    await page.getByRole("img", { name: "To be sent" }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("hello");
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("draws while one looks on, stops, exports its history and reads it back", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await chooseModel(page, "slow");
    await answerWith(page, "Picture");
    await say(page, "a long one");
    await page.locator(".canvas-painting img").waitFor();
    const progress = page.getByRole("progressbar", { name: "Painting" });
    expect(await progress.getAttribute("aria-valuemax")).toBe(String(SLOW_STEPS));
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("article").getByText("Stopped.").waitFor();
    await chooseModel(page, "painter");
    await page.getByRole("button", { name: "Re-roll" }).click();
    await finished(page, 1);
    const before = await imageDigests(page);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export" }).click();
    const file = await (await download).path();
    const deletion = page.getByRole("button", { name: "Delete “a long one”" });
    const question = page.getByRole("dialog", { name: "Delete “a long one”?" });
    await deletion.click();
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "hidden" });
    expect(await deletion.evaluate((button) => button === document.activeElement)).toBe(true);
    await kept(page, { answers: 1, images: 1 });
    await deletion.click();
    await question.getByRole("button", { name: "Delete" }).click();
    await page.getByText("What you ask is kept here").waitFor();
    await kept(page, { answers: 0, images: 0 });
    await page.getByLabel("History to import").setInputFiles(file);
    await page.getByText("1 conversation was imported.").waitFor();
    await page.getByRole("button", { name: "a long one", exact: true }).click();
    await finished(page, 1);
    expect(await imageDigests(page)).toEqual(before);
    await page.getByLabel("History to import").setInputFiles({
      name: "x.json",
      mimeType: "application/json",
      buffer: Buffer.from('{"format":"interfuse-history","version":1,"conversations":[{"id":1}],"images":[]}'),
    });
    await page.getByText("This is no history that was exported here.").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("keeps what two tabs say in one conversation, and what was said just before the page is left", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await answerWith(page, "Words");
    await say(page, "first");
    await finished(page, 1);
    await kept(page, { answers: 1, images: 0 });
    const other = await page.context().newPage();
    await other.goto(server.url);
    await answerWith(other, "Words");
    await other.getByRole("button", { name: "first", exact: true }).click();
    await say(page, "here");
    await finished(page, 2);
    await kept(page, { answers: 2, images: 0 });
    await say(other, "there");
    await expect.poll(() => other.locator(".asked-bubble").allInnerTexts()).toEqual(["first", "here", "there"]);
    await finished(other, 3);
    await kept(other, { answers: 3, images: 0 });
    await say(other, "last");
    await other.waitForTimeout(100);
    await other.reload();
    await other.getByRole("button", { name: "first", exact: true }).click();
    expect(await other.locator(".asked-bubble").allInnerTexts()).toEqual(["first", "here", "there", "last"]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("writes languages from right to left in their direction, and names what is too long for the model", async () => {
    const { page } = await openPage(browser, server.url);
    await say(page, "\u0645\u0631\u062d\u0628\u0627!");
    await finished(page, 1);
    const direction = (selector: string) =>
      page.locator(selector).evaluate((element) => getComputedStyle(element).direction);
    expect(await direction(".asked-bubble p")).toBe("rtl");
    expect(await direction(".history-title")).toBe("rtl");
    expect(await direction(".composer textarea")).toBe("ltr");
    await page.getByRole("textbox", { name: "Message" }).fill("\u0645");
    expect(await direction(".composer textarea")).toBe("rtl");
    await say(page, "word ".repeat(400));
    await expect.poll(() => page.locator(".problem-heading").allInnerTexts()).toEqual(["There is no answer"]);
    await page.context().close();
  });

  it("leaves room to write beside many pictures", async () => {
    const { page } = await openPage(browser, server.url, PHONE);
    const png = Buffer.from(await encodePng(randomPicture(1, 8, 8))).toString("base64");
    await page.evaluate((data) => {
      const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      const clipboardData = new DataTransfer();
      for (let number = 0; number < 30; number++) {
        clipboardData.items.add(new File([bytes], `${number}.png`, { type: "image/png" }));
      }
      document.querySelector("textarea")?.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }, png);
    await expect.poll(() => page.locator(".attachment").count()).toBe(30);
    const { height = 0 } = (await page.locator(".composer").boundingBox()) ?? {};
    expect(height).toBeLessThan(PHONE.viewport.height * 0.6);
    await page.context().close();
  });

  it("says that the history has no room, and goes on", async () => {
    const { page } = await openPage(browser, server.url);
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await say(page, "hello");
    await page.getByText("This browser has no room for the history any more").waitFor();
    await finished(page, 1);
    await page.context().close();
  });

  it("says that an image has no room, and later that it is gone", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await page.evaluate(() => {
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...args) {
        if (this.name === "images") throw new DOMException("full", "QuotaExceededError");
        return put.apply(this, args);
      };
    });
    await answerWith(page, "Picture");
    await say(page, "a red circle");
    await page.getByText("This browser has no room for the history any more").waitFor();
    await finished(page, 1);
    expect(await imageDigests(page)).toHaveLength(1);
    await kept(page, { answers: 1, images: 0 });
    await page.reload();
    await page.locator(".lamp:not(.lamp-off)").waitFor();
    await page.getByRole("button", { name: "a red circle", exact: true }).click();
    await page.getByRole("button", { name: "Download" }).click();
    await page.getByRole("status").getByText("This image is not kept any more.").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("works where the browser keeps nothing for it, and says so", async () => {
    const { key, record } = createApiKey("somebody");
    const own = await startTestServer({ models: [{ folder: models.painter }], apiKeys: [record] });
    const page = await freshPage(browser);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    await page.addInitScript(blockStorage);
    const told = page.getByText("This browser keeps no history for this page").waitFor();
    await page.goto(own.url);
    await told;
    await page.getByRole("textbox", { name: "Key" }).fill(key);
    await page.getByText("Keep it in this browser").click();
    await page.getByRole("button", { name: "Use key" }).click();
    await page.getByText("This browser does not keep the key").waitFor();
    await answerWith(page, "Picture");
    await page.getByText("This browser does not keep your settings").waitFor();
    await say(page, "a red circle");
    await finished(page, 1);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export" }).click();
    const file = await (await download).path();
    await page.getByRole("button", { name: "Delete “a red circle”" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByLabel("History to import").setInputFiles(file);
    await page.getByText("1 conversation was imported, but this browser does not keep all of the images.").waitFor();
    await page.getByRole("button", { name: "a red circle", exact: true }).click();
    expect(await imageDigests(page)).toHaveLength(1);
    expect(problems).toEqual([]);
    await page.context().close();
    await own.close({ drainSeconds: 0 });
  });

  it("says that nobody answers, looks for the server, and asks again", async () => {
    const { page } = await openPage(browser, server.url);
    await page.context().setOffline(true);
    await answerWith(page, "Picture");
    await say(page, "hello");
    await page.getByText("Nobody answers").waitFor();
    await page.getByText("The server does not answer.").first().waitFor();
    await page.getByLabel("History to import").setInputFiles({ name: "x.json", mimeType: "", buffer: Buffer.from("") });
    const boxes = [page.locator(".notice"), page.locator(".banner")].map((locator) => locator.boundingBox());
    const [notice, banner] = await Promise.all(boxes);
    expect((notice?.y ?? 0) + (notice?.height ?? 0), "a notice covers no banner").toBeLessThanOrEqual(banner?.y ?? 0);
    const tried = page.waitForEvent("requestfailed");
    await page.getByRole("button", { name: "Try now" }).click();
    await tried;
    // From now on the page finds the server by itself, and takes the button away when it does.
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try now" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Try again" }).click();
    await finished(page, 1);
    await page.context().close();
  });

  it("asks for a key where one is needed", async () => {
    const { key, record } = createApiKey("somebody");
    const own = await startTestServer({ models: [{ folder: models.talker }], apiKeys: [record] });
    const page = await freshPage(browser);
    await page.goto(own.url);
    const field = page.getByRole("textbox", { name: "Key" });
    await field.fill("wrong");
    await page.getByRole("button", { name: "Use key" }).click();
    await page.getByText("The server does not take the last key.").waitFor();
    await field.fill(key);
    await page.getByRole("button", { name: "Use key" }).click();
    await field.waitFor({ state: "hidden" });
    await say(page, "hello");
    await finished(page, 1);
    await page.context().close();
    await own.close({ drainSeconds: 0 });
  });

  it.each([
    ["light", { colorScheme: "light" as const, reducedMotion: "no-preference" as const }],
    ["dark", { colorScheme: "dark" as const }],
    ["dark, on a phone", { ...PHONE, colorScheme: "dark" as const }],
  ])("has nothing that axe objects to, %s", async (_, options) => {
    // axe is put into the page, whose policy would not have it.
    const { page } = await openPage(browser, server.url, { ...options, bypassCSP: true });
    const check = async (where: string) => {
      expect(await axeViolations(page), where).toEqual([]);
      const [width, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(width, `${where}: no scrolling sideways`).toBeLessThanOrEqual(seen as number);
    };
    await check("welcome");
    await answerWith(page, "Picture");
    await settings(page, async () => {
      await page.getByText("Compare two settings").click();
      await check("settings");
    });
    await say(page, "a red circle");
    await finished(page, 2);
    await check("conversation");
    await page.getByRole("img", { name: "Painted for: a red circle" }).first().click();
    await page.getByRole("dialog", { name: "Image" }).waitFor();
    await check("lightbox");
    await page.keyboard.press("Escape");
    if ("isMobile" in options) {
      await page.getByRole("button", { name: "Conversations" }).click();
      await check("list of conversations");
    }
    await page.context().close();
  });

  it("comes with headers that let it run only its own scripts, and with the right lifetimes", async () => {
    const index = await fetch(server.url);
    expect(index.headers.get("cache-control")).toBe("no-cache");
    expect(index.headers.get("content-security-policy")).toContain("script-src 'self' 'wasm-unsafe-eval'");
    const html = await index.text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
    const [, script] = /src="\.(\/assets\/[^"]+\.js)"/.exec(html) ?? [];
    const asset = await fetch(`${server.url}${script}`);
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(asset.headers.get("content-encoding")).toBe("gzip");
    const again = await fetch(server.url, { headers: { "if-none-match": index.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect((await fetch(`${server.url}/assets/..%2f..%2fpackage.json`)).status).toBe(404);
  });
});

/** Has the page meet what a browser does whose user blocks all storage; runs in the page. */
function blockStorage(): void {
  const block = (target: object, name: string, descriptor: PropertyDescriptor) =>
    Object.defineProperty(target, name, { configurable: true, ...descriptor });
  const refuse = () => {
    throw new DOMException("blocked", "SecurityError");
  };
  block(window, "localStorage", { get: refuse });
  block(window, "sessionStorage", { get: refuse });
  block(indexedDB, "open", { value: refuse });
  block(caches, "open", { value: async () => refuse() });
}

function slider(page: Page, name: string, value: number): Promise<void> {
  return settings(page, () => page.getByRole("slider", { name, exact: true }).fill(String(value)));
}

async function chooseModel(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: /on this server/ }).click();
  await page.getByRole("radio", { name: new RegExp(name) }).click();
}

/** Drops a PNG anywhere on the page, and waits until it is part of the message. */
async function dropPicture(page: Page): Promise<void> {
  const png = [...(await encodePng(randomPicture(3, 20, 12)))];
  const files = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], "picture.png", { type: "image/png" }));
    return transfer;
  }, png);
  for (const event of ["dragenter", "dragover", "drop"]) {
    await page.dispatchEvent("main", event, { dataTransfer: files });
  }
  await page.getByRole("img", { name: "To be sent" }).waitFor();
}

/** SHA-256 of each painted image, in their order, as it is downloaded. */
async function imageDigests(page: Page): Promise<string[]> {
  const digests: string[] = [];
  for (const button of await page.getByRole("button", { name: "Download" }).all()) {
    const download = page.waitForEvent("download");
    await button.click();
    digests.push(digest(readFileSync(await (await download).path())));
  }
  return digests;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Steps of the slow model's images: no test waits for the last, and the first preview is there in a second or some. */
const SLOW_STEPS = 10_000;

/** The folder "slow" beside a model's: the same, with so many steps of its own that its images can be looked at while they are painted. */
function slowModel(folder: string): string {
  const slow = join(folder, "..", "slow");
  cpSync(folder, slow, { recursive: true });
  const file = join(slow, "config.json");
  const config = JSON.parse(readFileSync(file, "utf8")) as { generation: { steps: number } };
  config.generation.steps = SLOW_STEPS;
  writeFileSync(file, JSON.stringify(config));
  return slow;
}
