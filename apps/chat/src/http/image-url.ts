import type { ShownImage } from "../answers/answer.ts";
import type { RequestContext } from "./context.ts";

/** The scheme and host under which a client reaches this server. */
export function baseUrlOf(c: RequestContext, publicUrl: string): string {
  return publicUrl === "" ? new URL(c.req.url).origin : publicUrl.replace(/\/+$/, "");
}

/** Where an image is served. */
export function fileUrl({ id }: ShownImage, baseUrl: string): string {
  return `${baseUrl}/v1/files/${id}/content`;
}

/** An image inside its own URL. Open WebUI keeps only this very form, `data:image/png;base64`, as a file. */
export function dataUrl({ png }: ShownImage): string {
  return `data:image/png;base64,${toBase64(png)}`;
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
