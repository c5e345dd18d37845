/**
 * tiktoken's rank files: one line a token, `base64(bytes) SP rank`. Pattern and special tokens are not in the file.
 * The npm package packs the same into lines `! offset token token …`; both are read here.
 */
import { binaryStringToBytes, bytesToBinaryString } from "./bpe-vocabulary.ts";

/** Writes tokens as a rank file. */
export function writeTiktokenRanks(tokens: readonly Uint8Array[]): string {
  return tokens.map((token, rank) => `${btoa(bytesToBinaryString(token))} ${rank}\n`).join("");
}

/** Writes tokens in the packed form that the npm package's constructor takes. */
export function packTiktokenRanks(tokens: readonly Uint8Array[]): string {
  return `! 0 ${tokens.map((token) => btoa(bytesToBinaryString(token))).join(" ")}`;
}

/**
 * Reads a rank file, plain or packed.
 * @returns the tokens in order of rank
 * @throws {TypeError} when a line is malformed, or the ranks are not 0, 1, 2, … without gaps
 */
export function readTiktokenRanks(text: string): Uint8Array[] {
  const tokens: Uint8Array[] = [];
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const words = line.trim().split(" ");
    const [start, encoded] = words[0] === "!" ? [words[1], words.slice(2)] : [words[1], words.slice(0, 1)];
    if (start === undefined || !/^\d+$/.test(start) || (words[0] !== "!" && words.length !== 2)) {
      throw new TypeError(`readTiktokenRanks: line ${index + 1} is not "base64 rank"; give a .tiktoken file's text`);
    }
    encoded.forEach((word, i) => {
      const rank = Number(start) + i;
      if (tokens[rank] !== undefined) throw new TypeError(`readTiktokenRanks: rank ${rank} occurs twice`);
      tokens[rank] = decodeBase64(word, index + 1);
    });
  });
  for (let rank = 0; rank < tokens.length; rank++) {
    if (tokens[rank] === undefined)
      throw new TypeError(`readTiktokenRanks: rank ${rank} of ${tokens.length} is missing`);
  }
  return tokens;
}

function decodeBase64(word: string, lineNumber: number): Uint8Array {
  try {
    return binaryStringToBytes(atob(word));
  } catch (cause) {
    throw new TypeError(`readTiktokenRanks: line ${lineNumber} holds "${word}", which is not base64`, { cause });
  }
}
