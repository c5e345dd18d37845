/** The published vocabularies that ship inside the `tiktoken` package, loaded when asked for: each is 0.5 to 3 MB. */
import type { BpeVocabulary } from "./bpe-vocabulary.ts";
import { nearestName } from "./nearest-name.ts";
import { readTiktokenRanks } from "./tiktoken-ranks.ts";

const LOADERS = {
  gpt2: () => import("tiktoken/encoders/gpt2"),
  cl100k_base: () => import("tiktoken/encoders/cl100k_base"),
  o200k_base: () => import("tiktoken/encoders/o200k_base"),
} as const;

/** The modules' default export; their own types, read as CommonJS, wrap it once too often. */
type EncodingFile = { pat_str: string; special_tokens: Record<string, number>; bpe_ranks: string };

/** Name of a published encoding. */
export type PublishedEncodingName = keyof typeof LOADERS;

/**
 * Loads a published vocabulary.
 * @throws {RangeError} when the name is unknown, naming the nearest
 */
export async function loadPublishedEncoding(name: PublishedEncodingName): Promise<BpeVocabulary> {
  if (!Object.hasOwn(LOADERS, name)) {
    const names = Object.keys(LOADERS);
    throw new RangeError(
      `TextTokenizer.fromTiktoken: unknown encoding "${name}"; did you mean "${nearestName(name, names)}"? ` +
        `Known: ${names.join(", ")}`,
    );
  }
  const encoding = (await LOADERS[name]()).default as unknown as EncodingFile;
  return {
    pattern: encoding.pat_str,
    tokens: readTiktokenRanks(encoding.bpe_ranks),
    specialTokens: encoding.special_tokens,
  };
}
