/** `GET /` and the files of the page. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { RequestContext } from "../context.ts";
import type { PageFile } from "../page-files.ts";

/** What is bundled is kept for a year; what names it is asked for again every time, and costs a 304. */
const CACHE_HASHED = "public, max-age=31536000, immutable";
const CACHE_OTHERS = "no-cache";

/** Sends one file, compressed for those who take that; it is compressed when the first of them asks. */
export function pageFile({ bytes, contentType, etag, isHashed }: PageFile) {
  let zipped: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const headers = {
    "cache-control": isHashed ? CACHE_HASHED : CACHE_OTHERS,
    "content-type": contentType,
    etag,
    vary: "accept-encoding",
  };
  return async (c: RequestContext): Promise<Response> => {
    if (c.req.header("if-none-match")?.includes(etag)) return c.body(null, 304, headers);
    if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return c.body(bytes, 200, headers);
    zipped ??= promisify(gzip)(bytes, { level: 6 }).then((result) => new Uint8Array(result));
    return c.body(await zipped, 200, { ...headers, "content-encoding": "gzip" });
  };
}
