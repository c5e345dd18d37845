/**
 * API keys. A key is 256 random bits, so its plain SHA-256 is safe to keep: nobody can guess his way back from it. The file
 * holds one `NAME DIGEST` a line; a key itself is shown once, when it is made.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Who may ask: a name for limits and logs, and the SHA-256 of the key in hexadecimal. */
export type ApiKey = { readonly name: string; readonly digest: string };

/** A new key, and what the file keeps of it. @throws {RangeError} when the name cannot stand in the file */
export function createApiKey(name: string): { key: string; record: ApiKey } {
  if (!/^[\w.@-]{1,64}$/.test(name)) {
    throw new RangeError(`createApiKey: name (="${name}") must be 1 to 64 letters, digits or . _ @ -`);
  }
  const key = `ifk_${randomBytes(32).toString("base64url")}`;
  return { key, record: { name, digest: digestOf(key).toString("hex") } };
}

/** Reads the lines of a key file; empty ones and those after `#` are left out. @throws {RangeError} naming the line */
export function parseApiKeys(text: string): ApiKey[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const [, name, digest] = /^([\w.@-]{1,64}) ([0-9a-f]{64})$/.exec(line.trim()) ?? [];
    if (name === undefined || digest === undefined) {
      throw new RangeError(`parseApiKeys: line ${index + 1} must be a name and the key's SHA-256 in hexadecimal`);
    }
    return [{ name, digest }];
  });
}

/** The line of a key file. */
export function formatApiKey({ name, digest }: ApiKey): string {
  return `${name} ${digest}`;
}

/** The key that was presented, or undefined; takes the same time whichever it is. */
export function findApiKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const digest = digestOf(presented);
  let found: ApiKey | undefined;
  for (const key of keys) {
    const isEqual = timingSafeEqual(digest, Buffer.from(key.digest, "hex"));
    found = isEqual ? key : found;
  }
  return found;
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
