/** A page in headless Chromium, with files that a test hands it instead of a server. */
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian's package puts it; `node scripts/setup.mjs --with browser` installs it. */
const CHROMIUM = "/usr/bin/chromium";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Why there is no browser, or undefined when there is one. @throws Error under CI=true, where it must be there. */
export function chromiumUnavailable(): string | undefined {
  if (existsSync(CHROMIUM)) return undefined;
  const reason = `no ${CHROMIUM}; get it by: node scripts/setup.mjs --with browser`;
  if (process.env.CI === "true") throw new Error(reason);
  return reason;
}

/** Starts Chromium, with WebGPU in software where it has that. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"],
  });
}

/** Opens `/index.html` of some files by path. Requests for others are 404s; errors in the page are collected. */
export async function openPage(
  browser: Browser,
  readFile: (path: string) => string | Buffer | undefined,
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const page = await browser.newPage();
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
