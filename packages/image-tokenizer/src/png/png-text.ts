/**
 * Text inside PNG files (PNG specification, third edition, 11.3.3): `tEXt` for Latin-1, `iTXt` for anything else.
 * Image tools and web pages show it; `parameters`, `prompt` and `seed` are customary keywords.
 */
import { concatBytes } from "./concat-bytes.ts";
import { CHUNK_FRAME, pngChunk } from "./png-chunk.ts";

const SIGNATURE_LENGTH = 8;

/**
 * Adds text chunks right after the header chunk of a PNG file.
 *
 * @throws RangeError when a keyword is not 1 to 79 printable Latin-1 characters.
 */
export function addPngText(png: Uint8Array, text: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const headerEnd = SIGNATURE_LENGTH + CHUNK_FRAME + viewOf(png).getUint32(8);
  const chunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
  return concatBytes([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

/** The text chunks of a PNG file by keyword; compressed ones are left out. */
export function readPngText(png: Uint8Array): Record<string, string> {
  const view = viewOf(png);
  const text: Record<string, string> = {};
  for (let offset = SIGNATURE_LENGTH; offset + CHUNK_FRAME <= png.length; ) {
    const length = view.getUint32(offset);
    const type = fromLatin1(png.subarray(offset + 4, offset + 8));
    const data = png.subarray(offset + 8, offset + 8 + length);
    const keywordEnd = data.indexOf(0);
    const keyword = fromLatin1(data.subarray(0, keywordEnd));
    if (type === "tEXt") text[keyword] = fromLatin1(data.subarray(keywordEnd + 1));
    if (type === "iTXt" && data[keywordEnd + 1] === 0) {
      const languageEnd = data.indexOf(0, keywordEnd + 3);
      text[keyword] = new TextDecoder().decode(data.subarray(data.indexOf(0, languageEnd + 1) + 1));
    }
    offset += CHUNK_FRAME + length;
  }
  return text;
}

function textChunk(keyword: string, value: string): Uint8Array {
  if (!/^[\x20-\x7e\xa1-\xff]{1,79}$/.test(keyword)) {
    throw new RangeError(`addPngText: keyword (="${keyword}") must be 1 to 79 printable Latin-1 characters`);
  }
  const isLatin1 = /^[\n\x20-\x7e\xa0-\xff]*$/.test(value);
  return isLatin1
    ? pngChunk("tEXt", toLatin1(`${keyword}\0${value}`))
    : // After the keyword: not compressed, method 0, no language tag, no translated keyword.
      pngChunk("iTXt", concatBytes([toLatin1(`${keyword}\0\0\0\0\0`), new TextEncoder().encode(value)]));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function toLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Not by `TextDecoder("latin1")`, which is windows-1252. */
function fromLatin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
