/** A page in headless Chromium, with files that a test hands it instead of a server. */
import { extname } from "node:path";
import type { Browser, Page } from "playwright-core";
import { startBrowser, TIMEOUT_MS } from "../support/browser.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Starts Chromium, with WebGPU in software where it has that. */
export function startChromium(): Promise<Browser> {
  return startBrowser(["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]);
}

/** Opens `/index.html` of some files by path. Requests for others are 404s; errors in the page are collected. */
export async function openPage(
  browser: Browser,
  readFile: (path: string) => string | Buffer | undefined,
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  // Localhost counts as secure, without which there is no WebGPU.
  await page.route("http://localhost/**", (route) => {
    const { pathname } = new URL(route.request().url());
    const body = readFile(pathname.slice(1));
    return body === undefined
      ? route.fulfill({ status: 404 })
      : route.fulfill({ body, contentType: CONTENT_TYPES[extname(pathname)] });
  });
  await page.goto("http://localhost/index.html");
  return { page, errors };
}
