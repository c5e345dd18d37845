/** A model inside the page: opened by address and by folder, in a real browser; its images are those that Node makes in f32. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningServer } from "@interfuse/chat";
import { directorySource, encodePng, loadPicture, type Picture, readPngText } from "@interfuse/data";
import { loadPipeline } from "@interfuse/pipeline";
import { useBackend } from "@interfuse/tensor";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserUnavailable, startBrowser } from "../support/browser.ts";
import { startTestServer, writeModels } from "../support/chat-server.ts";
import { randomPicture } from "../support/pipeline.ts";
import { answerWith, axeViolations, finished, openPage, say, settings } from "./page-browser.ts";

const PROMPT = "a red circle";
const SEED = 7;

const noBrowser = browserUnavailable();
// Skipped, with the reason in its name, where no Chromium is installed; `.ci/run` installs one first, and fails under CI=true if it cannot.
describe.skipIf(noBrowser !== undefined)(`a model in the page (${noBrowser ?? "in Chromium"})`, () => {
  let models: Awaited<ReturnType<typeof writeModels>>;
  let server: RunningServer;
  let browser: Browser;
  let expected: Picture;

  beforeAll(async () => {
    models = await writeModels();
    server = await startTestServer({ models: [{ folder: models.painter }], shareModels: true });
    browser = await startBrowser();
    await useBackend({ backend: "cpu" });
    const pipeline = await loadPipeline(directorySource(models.painter));
    expected = await pipeline.draw(PROMPT, { seed: SEED });
    pipeline.dispose();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close({ drainSeconds: 0 });
    models?.remove();
  });

  it("runs a model that the server shares, on threads of wasm; then page and model open without the server", async () => {
    const other = await startTestServer({ models: [{ folder: models.painter }], shareModels: true });
    const { page, problems } = await openPage(browser, other.url);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await openPicker(page);
    await page.getByLabel("Compute with").selectOption("wasm-threads");
    await page.getByRole("button", { name: "Run painter here" }).click();
    await page.locator(".model-place", { hasText: /in this browser, WebAssembly with \d+ threads/ }).waitFor();
    await page.getByText("Works without the network from now on.").waitFor();
    await expectSame(await draw(page));
    expect(problems).toEqual([]);

    await other.close({ drainSeconds: 0 });
    await page.reload();
    await page.locator(".model-place", { hasText: /in this browser, WebAssembly with \d+ threads/ }).waitFor();
    await expectSame(await draw(page));
    await page.context().close();
  });

  it("answers about a picture as Node does", async () => {
    const picture = randomPicture(5);
    const png = Buffer.from(await encodePng(picture));
    const pipeline = await loadPipeline(directorySource(models.talker));
    const expectedText = await pipeline.ask(picture, "what is this?");
    pipeline.dispose();
    const { page } = await openPage(browser, server.url);
    await openPicker(page);
    await page.getByLabel("Compute with").selectOption("cpu");
    await page.getByLabel("Model folder", { exact: true }).setInputFiles(models.talker);
    await page.locator(".model-place", { hasText: "in this browser, JavaScript" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("Pictures to add").setInputFiles({ name: "p.png", mimeType: "image/png", buffer: png });
    await page.getByRole("img", { name: "To be sent" }).waitFor();
    await answerWith(page, "Words");
    await say(page, "what is this?");
    await finished(page, 1);
    expect(await page.locator(".said").textContent()).toBe(expectedText);
    await page.context().close();
  });

  it("runs a folder that the user picked, and lets the server answer again when it is closed", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await openPicker(page);
    await page.getByLabel("Compute with").selectOption("cpu");
    await page.getByLabel("Model folder", { exact: true }).setInputFiles(models.painter);
    await page.locator(".model-place", { hasText: "in this browser, JavaScript" }).waitFor();
    const png = await draw(page);
    await expectSame(png);
    expect(readPngText(png)).toMatchObject({ prompt: PROMPT, seed: String(SEED), model: "painter" });
    await openPicker(page);
    await page.getByRole("button", { name: "Close it" }).click();
    await page.locator(".model-place", { hasText: "on this server" }).waitFor();
    await page.getByRole("button", { name: /^painter .*kept here/ }).waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("opens a folder that is dropped on the page", async () => {
    const { page, problems } = await openPage(browser, server.url);
    await openPicker(page);
    await page.getByLabel("Compute with").selectOption("cpu");
    await page.keyboard.press("Escape");
    await dropFolder(page, models.talker);
    await page.locator(".model-picker", { hasText: /talker.*in this browser, JavaScript/ }).waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("says what is wrong with a folder, and what to do", async () => {
    // axe is put into the page, whose policy would not have it.
    const { page } = await openPage(browser, server.url, { bypassCSP: true });
    const broken = join(models.painter, "..", "broken");
    const failure = page.locator(".browser-models-failure");
    const pick = () => page.getByLabel("Model folder", { exact: true }).setInputFiles(broken);
    try {
      cpSync(models.painter, broken, { recursive: true });
      await openPicker(page);
      rmSync(join(broken, "model.safetensors"));
      await pick();
      await failure.getByText(/"model.safetensors" missing in "broken"; the folder is incomplete/).waitFor();
      writeFileSync(join(broken, "model.safetensors"), "short");
      writeFileSync(join(broken, "config.json"), '{ "formatVersion": 99 }');
      await pick();
      await failure.getByText(/formatVersion \(=99\) must be 1/).waitFor();
      rmSync(join(broken, "tokenizer.json"));
      await pick();
      await failure.getByText(/this is no model folder/).waitFor();
      await page.getByLabel("Address of a model folder").fill("/models/painter/nothing");
      await page.getByRole("button", { name: "Open", exact: true }).click();
      await failure.getByText(/missing in ".*nothing"/).waitFor();
      await page.locator(".model-place", { hasText: "on this server" }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
    } finally {
      rmSync(broken, { recursive: true, force: true });
    }
    await page.context().close();
  });

  async function expectSame(png: Uint8Array): Promise<void> {
    const picture = await loadPicture(png);
    expect([picture.width, picture.height]).toEqual([expected.width, expected.height]);
    const differences = picture.data.map((value, i) => Math.abs(value - expected.data[i]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(2);
  }
});

async function openPicker(page: Page): Promise<void> {
  if (await page.getByRole("region", { name: "In this browser" }).isVisible()) return;
  await page.locator(".model-picker .popover-button").click();
}

/** Drops a folder as a person does: by Chromium's own protocol, since a page cannot make an event that holds one. */
async function dropFolder(page: Page, folder: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 600, y: 300, data });
  }
}

/** Draws PROMPT by SEED and returns the PNG, as it is downloaded. */
async function draw(page: Page, count = 1): Promise<Uint8Array> {
  await page.keyboard.press("Escape");
  await settings(page, async () => {
    await page.getByRole("radio", { name: "Picture" }).check();
    await page.getByRole("spinbutton", { name: "Seed" }).fill(String(SEED));
    await page.getByRole("spinbutton", { name: "Seed" }).press("Tab");
  });
  await say(page, PROMPT);
  await finished(page, count);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).last().click();
  return readFileSync(await (await download).path());
}
