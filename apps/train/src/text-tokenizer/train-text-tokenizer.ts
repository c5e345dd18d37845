/** Training a text tokenizer from a data set's texts, and its folder: `tokenizer.json` and `tokenizer.tiktoken`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, directorySink } from "@interfuse/data";
import { TextTokenizer, trainBpe } from "@interfuse/text-tokenizer";
import type { TextTokenizerRecipe } from "../recipes/text-tokenizer-recipe.ts";

/**
 * Learns a vocabulary from every text of a data set.
 * @param log gets a line when the texts hold fewer tokens than asked for.
 * @throws RangeError when the vocabulary size is out of range.
 */
export function trainTextTokenizer(
  dataset: Pick<Dataset, "texts">,
  { vocabSize, pattern }: Pick<TextTokenizerRecipe, "vocabSize" | "pattern">,
  log: (line: string) => void,
): TextTokenizer {
  const vocabulary = trainBpe(dataset.texts(), { vocabSize, pattern });
  if (vocabulary.shortfall > 0) {
    log(
      `text tokenizer: ${vocabSize - vocabulary.shortfall} tokens, ${vocabulary.shortfall} fewer than asked for: the texts have no more repeats`,
    );
  }
  return TextTokenizer.fromVocabulary(vocabulary);
}

/** Writes a tokenizer's folder. */
export async function saveTextTokenizer(folder: string, tokenizer: TextTokenizer): Promise<void> {
  const sink = directorySink(folder);
  const encoder = new TextEncoder();
  await sink.write("tokenizer.tiktoken", encoder.encode(tokenizer.toTiktokenRanks()));
  await sink.write("tokenizer.json", encoder.encode(`${JSON.stringify(tokenizer.toTokenizerJson())}\n`));
}

/**
 * Reads a tokenizer's folder, or a model's.
 * @throws Error naming the file that is missing or not a tokenizer.
 */
export async function loadTextTokenizer(folder: string): Promise<TextTokenizer> {
  const file = join(folder, "tokenizer.json");
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new Error(
      `loadTextTokenizer: no "${file}" (${cause.message}); train one with "interfuse train text-tokenizer --out ${folder}"`,
      { cause },
    );
  });
  try {
    return TextTokenizer.fromTokenizerJson(JSON.parse(text));
  } catch (cause) {
    throw new Error(`loadTextTokenizer: "${file}" is not a usable tokenizer (${(cause as Error).message})`, { cause });
  }
}
