/** `GET /models/{id}/...`: a file of a model that the operator shares, as it lies on disk. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { ApiError } from "../api-error.ts";
import type { RequestContext, ServerContext } from "../context.ts";

export function sharedFile({ sharedFiles }: ServerContext) {
  return (c: RequestContext): Response => {
    const found = sharedFiles.get(`${c.req.param("id")}/${c.req.param("path")}`);
    if (found === undefined) throw new ApiError(404, "not_found", "there is no such file, or it is not shared");
    const { file, numBytes, contentType, etag } = found;
    const headers = { "cache-control": "private, no-cache", "content-type": contentType, etag };
    if (c.req.header("if-none-match")?.includes(etag)) return c.body(null, 304, headers);
    const whole = { ...headers, "content-length": String(numBytes) };
    // Nobody reads the body of an answer to HEAD: its file would stay open.
    if (c.req.method === "HEAD") return c.body(null, 200, whole);
    // As long as was promised, also when the file has grown since.
    const stream = createReadStream(file, { end: Math.max(0, numBytes - 1) });
    return c.body(Readable.toWeb(stream) as ReadableStream<Uint8Array>, 200, whole);
  };
}
