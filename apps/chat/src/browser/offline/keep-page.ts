/** Keeps the page itself in the browser, so that it opens without the network. */
import type { KeepRequest } from "./service-worker.ts";

/** A first registration takes a moment, on a busy machine seconds; where none is possible nobody waits. */
const MAX_WAIT_MS = 20_000;

/**
 * Registers the service worker and waits until it stands between the page and the server: what the page loads from now on is
 * kept. @returns whether it does; it cannot in private windows, or for pages that come by http from elsewhere than this machine
 */
export async function startKeepingPage(): Promise<boolean> {
  const { serviceWorker } = navigator;
  if (serviceWorker === undefined) return false;
  if (serviceWorker.controller !== null) return true;
  try {
    await serviceWorker.register(new URL("service-worker.js", document.baseURI), { scope: "./" });
  } catch {
    return false;
  }
  if (serviceWorker.controller !== null) return true;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(serviceWorker.controller !== null), MAX_WAIT_MS);
    serviceWorker.addEventListener(
      "controllerchange",
      () => {
        clearTimeout(timer);
        resolve(true);
      },
      { once: true },
    );
  });
}

/** Keeps what the page had loaded before the service worker was there. @returns whether all of it is kept */
export function keepLoadedFiles(): Promise<boolean> {
  const controller = navigator.serviceWorker?.controller ?? null;
  if (controller === null) return Promise.resolve(false);
  const page = new URL("./", document.baseURI).href;
  const assets = new URL("assets/", page).href;
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const urls = [page, ...new Set(loaded.filter((name) => name.startsWith(assets)))];
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }: MessageEvent<boolean>) => resolve(data);
    controller.postMessage({ urls } satisfies KeepRequest, [channel.port2]);
  });
}
