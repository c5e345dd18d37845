/**
 * The page's service worker, there once a model was opened in the browser: answers with the kept page and its files when the
 * server does not. Models are not its business (`../files/kept-models.ts`), and what is asked of the server's API is never kept.
 */

/** TypeScript's "dom" has no types for the inside of a service worker. */
type WorkerEvent = Event & { waitUntil(promise: Promise<unknown>): void };
type FetchEventLike = WorkerEvent & { readonly request: Request; respondWith(response: Promise<Response>): void };
type MessageEventLike = WorkerEvent & { readonly data: KeepRequest; readonly ports: readonly MessagePort[] };
type Listener<T> = (event: T) => void;
const worker = globalThis as unknown as {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: Listener<WorkerEvent>): void;
  addEventListener(type: "fetch", listener: Listener<FetchEventLike>): void;
  addEventListener(type: "message", listener: Listener<MessageEventLike>): void;
};

/** What the page asks: that these files be kept. The answer, over the port, is whether they are. */
export type KeepRequest = { readonly urls: readonly string[] };

const CACHE = "interfuse-page";
const page = worker.registration.scope;
const assets = new URL("assets/", page).href;

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("message", (event) => {
  const kept = keepAll(event.data.urls).then(
    () => true,
    () => false,
  );
  event.waitUntil(kept.then((isKept) => event.ports[0]?.postMessage(isKept)));
});

worker.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const [address] = url.split(/[?#]/, 1) as [string];
  if (method !== "GET") return;
  if (mode === "navigate" && (address === page || address === new URL("index.html", page).href)) {
    event.respondWith(answerPage(event.request));
  } else if (address.startsWith(assets)) {
    event.respondWith(answerAsset(event.request));
  }
});

/** The server's page where it answers; when that is another one than the kept, files of the old one go. */
async function answerPage(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(page);
    if (kept === undefined) throw error;
    return kept;
  }
  if (response.ok) await ifThereIsRoom(replacePage(response.clone()));
  return response;
}

/** A full disk keeps nobody from the page while the server answers. */
function ifThereIsRoom(keeping: Promise<void>): Promise<void> {
  return keeping.catch(() => undefined);
}

async function replacePage(response: Response): Promise<void> {
  const kept = await (await caches.open(CACHE)).match(page);
  const isSame = kept?.headers.get("etag") === response.headers.get("etag");
  if (!isSame) await caches.delete(CACHE);
  await (await caches.open(CACHE)).put(page, response);
}

/** Assets have a digest of their content in their name: what is kept under a name is right for ever. */
async function answerAsset(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) await ifThereIsRoom(cache.put(request.url, response.clone()));
  return response;
}

async function keepAll(urls: readonly string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  const missing: string[] = [];
  for (const url of urls) if ((await cache.match(url)) === undefined) missing.push(url);
  await cache.addAll(missing);
}
