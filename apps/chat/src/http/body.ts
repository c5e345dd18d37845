/** Request bodies: read up to a limit, parsed, and digested so that a retry is recognised. */
import { createHash } from "node:crypto";
import type { Limits } from "../server/options.ts";
import { ApiError } from "./api-error.ts";
import type { RequestContext } from "./context.ts";

/** A file or a text of a form. */
export type FormField = { readonly name: string; readonly value: string | Uint8Array };

/** A parsed body; `digest` is the same for the same contents. */
export type ParsedBody<Value> = { readonly value: Value; readonly digest: string };

/** Fields that a form may have. */
const MAX_FIELDS = 128;

/** Whether a body says it is of a type, whatever its parameters. */
export function isContentType(request: Request, type: string): boolean {
  const [named = ""] = (request.headers.get("content-type") ?? "").split(";");
  return named.trim().toLowerCase() === type;
}

/** @throws {ApiError} 400 when it is compressed or not JSON, 413 when it is too large, 503 when there is no room for it */
export async function readJson(c: RequestContext, limits: Limits): Promise<ParsedBody<unknown>> {
  if (!isContentType(c.req.raw, "application/json")) {
    throw new ApiError(400, "invalid_content_type", "the body must be JSON, with content-type application/json");
  }
  const bytes = await readBytes(c, limits);
  try {
    return { value: JSON.parse(new TextDecoder().decode(bytes)), digest: digest([bytes]) };
  } catch (cause) {
    throw new ApiError(400, "invalid_json", `the body is not JSON: ${(cause as Error).message.slice(0, 200)}`, {
      cause,
    });
  }
}

/** @throws {ApiError} 400 when it is compressed or no multipart form, 413 when it is too large, 503 when there is no room for it */
export async function readForm(c: RequestContext, limits: Limits): Promise<ParsedBody<FormField[]>> {
  const bytes = await readBytes(c, limits);
  const headers = { "content-type": c.req.header("content-type") ?? "" };
  let form: FormData;
  try {
    form = await new Response(bytes, { headers }).formData();
  } catch (cause) {
    throw new ApiError(400, "invalid_form", "the body is not a multipart form", { cause });
  }
  const entries = [...form];
  if (entries.length > MAX_FIELDS) {
    throw new ApiError(400, "invalid_form", `the form has ${entries.length} fields; at most ${MAX_FIELDS} are read`);
  }
  const fields = await Promise.all(
    entries.map(async ([name, value]) => ({
      name,
      value: typeof value === "string" ? value : new Uint8Array(await value.arrayBuffer()),
    })),
  );
  // A retry has another boundary, so the fields are digested and not the body.
  const parts = fields.flatMap(({ name, value }) => [`${name.length}:${name}${value.length}:`, value]);
  return { value: fields, digest: digest(parts) };
}

async function readBytes(c: RequestContext, { maxBodyBytes: maxBytes }: Limits): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = c.req.header("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    const rule = "compressed bodies are not read; send it as it is, without a content-encoding";
    throw new ApiError(400, "invalid_content_encoding", rule);
  }
  const tooLarge = () =>
    new ApiError(413, "body_too_large", `the body is larger than ${maxBytes} bytes; send fewer or smaller pictures`);
  if (Number(c.req.header("content-length") ?? 0) > maxBytes) throw tooLarge();
  const share = c.get("bodyShare");
  const chunks: Uint8Array[] = [];
  let numBytes = 0;
  try {
    for await (const chunk of c.req.raw.body ?? []) {
      numBytes += chunk.length;
      if (numBytes > maxBytes) throw tooLarge();
      share.take(chunk.length);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(400, "incomplete_body", "the body did not arrive whole", { cause });
  }
  return Buffer.concat(chunks);
}

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("base64url");
}
