/**
 * Fetches a picture that a request names by URL, without letting the request reach into the operator's network (SSRF):
 * https only, from hosts on a list, with the address looked up once, checked, and connected to as it was checked; no
 * redirects, no credentials, bounded in bytes and time.
 */
import { lookup } from "node:dns/promises";
import { request } from "node:https";
import { isPublicAddress } from "./public-address.ts";

/** A URL that is not fetched, or could not be. */
export class FetchError extends Error {}

export type FetchOptions = {
  /** Hosts that may be asked. */
  readonly allowedHosts: readonly string[];
  readonly maxBytes: number;
  readonly timeoutMs?: number;
  /** How names become addresses, which addresses are allowed, and how requests are sent; tests have their own. */
  readonly resolve?: (host: string) => Promise<string[]>;
  readonly isAllowedAddress?: (address: string) => boolean;
  readonly send?: typeof request;
};

/** The bytes behind a URL. @throws {FetchError} saying why there are none */
export async function fetchPicture(text: string, options: FetchOptions): Promise<Uint8Array> {
  const { allowedHosts, resolve = resolveAll, isAllowedAddress = isPublicAddress } = options;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== "https:" || url.username !== "" || url.password !== "") {
    throw new FetchError(
      "only https URLs without credentials are fetched; send the picture as a data: URL (data:image/png;base64,...)",
    );
  }
  if (!allowedHosts.includes(url.host)) {
    throw new FetchError(`pictures are not fetched from ${url.host}; send the picture as a data: URL`);
  }
  const addresses = await resolve(url.hostname).catch(() => []);
  const [address] = addresses;
  if (address === undefined) throw new FetchError(`${url.hostname} has no address`);
  if (!addresses.every(isAllowedAddress)) throw new FetchError(`${url.hostname} is not on the public internet`);
  return download(url, address, options);
}

async function resolveAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Connects to `address` and nothing else, whatever the name says by then. */
function download(
  url: URL,
  address: string,
  { maxBytes, timeoutMs = 10_000, send = request }: FetchOptions,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = settleable<Uint8Array>();
  const family = address.includes(":") ? 6 : 4;
  const asked = send(
    url,
    {
      agent: false,
      headers: { accept: "image/*" },
      signal: AbortSignal.timeout(timeoutMs),
      lookup: (_host, { all }, callback) => {
        if (all) (callback as unknown as (e: null, a: object[]) => void)(null, [{ address, family }]);
        else callback(null, address, family);
      },
    },
    (response) => {
      const chunks: Buffer[] = [];
      let numBytes = 0;
      if (response.statusCode !== 200) {
        asked.destroy();
        reject(new FetchError(`${url.host} answered ${response.statusCode}`));
      }
      response.on("data", (chunk: Buffer) => {
        numBytes += chunk.length;
        chunks.push(chunk);
        if (numBytes <= maxBytes) return;
        asked.destroy();
        reject(new FetchError(`the picture at ${url.host} has more than ${maxBytes} bytes`));
      });
      response.on("end", () => resolve(Buffer.concat(chunks)));
      response.on("error", (cause) => reject(new FetchError(`${url.host}: ${cause.message}`, { cause })));
    },
  );
  asked.on("error", (cause) => reject(new FetchError(`${url.host}: ${cause.message}`, { cause })));
  asked.end();
  return promise;
}

function settleable<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
