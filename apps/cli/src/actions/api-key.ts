/** `interfuse api-key`: a key for the server, of which only a digest is kept. */
import { appendFile, readFile } from "node:fs/promises";
import { createApiKey, formatApiKey, parseApiKeys } from "@interfuse/chat";
import { UsageError } from "@interfuse/train";
import type { ApiKeyOptions } from "../commands/serve-command.ts";

/** Adds the key's digest to the file and prints the key. */
export async function apiKey(name: string, { apiKeyFile }: ApiKeyOptions): Promise<void> {
  const text = await readFile(apiKeyFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (parseApiKeys(text).some((known) => known.name === name)) {
    throw new UsageError(`api-key ${name}: ${apiKeyFile} has a key of this name; remove its line first`);
  }
  const { key, record } = newKey(name);
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  await appendFile(apiKeyFile, `${separator}${formatApiKey(record)}\n`, { mode: 0o600 });
  process.stdout.write(`${key}\n`);
}

/** @throws UsageError when the name cannot stand in the file */
function newKey(name: string): ReturnType<typeof createApiKey> {
  try {
    return createApiKey(name);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
