/**
 * The one-to-one map between bytes and printable characters that GPT-2 introduced and `tokenizer.json` uses for
 * byte-level vocabularies: printable Latin-1 bytes stand for themselves, the other 68 take the code points from 256 on.
 */

const BYTE_TO_CHARACTER: readonly string[] = buildTable();
const CHARACTER_TO_BYTE: ReadonlyMap<string, number> = new Map(
  BYTE_TO_CHARACTER.map((character, byte) => [character, byte]),
);

function buildTable(): string[] {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let nextStandIn = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : nextStandIn++));
}

/** Writes bytes as printable characters, one character a byte. */
export function bytesToCharacters(bytes: Uint8Array): string {
  let characters = "";
  for (const byte of bytes) characters += BYTE_TO_CHARACTER[byte];
  return characters;
}

/** Reads what `bytesToCharacters` wrote; `undefined` when a character stands for no byte. */
export function charactersToBytes(characters: string): Uint8Array | undefined {
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < characters.length; i++) {
    const byte = CHARACTER_TO_BYTE.get(characters.charAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
