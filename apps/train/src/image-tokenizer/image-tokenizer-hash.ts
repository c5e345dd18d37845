/** What tells one trained image tokenizer from another: latents of one mean nothing to the other. */
import { createHash } from "node:crypto";
import { type ImageTokenizer, saveImageTokenizer } from "@interfuse/image-tokenizer";
import { writeSafetensors } from "@interfuse/tensor";
import type { JsonValue } from "@interfuse/training";

/** SHA-256, as 64 hexadecimal digits, of a tokenizer's config and weights. */
export async function hashImageTokenizer(tokenizer: ImageTokenizer): Promise<string> {
  const { config, tensors } = await saveImageTokenizer(tokenizer);
  const inOrder = new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash("sha256")
    .update(JSON.stringify(withSortedKeys(config as JsonValue)))
    .update(writeSafetensors(inOrder))
    .digest("hex");
}

function withSortedKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withSortedKeys(inner)]));
}
