/**
 * Text inside PNG files (PNG specification, third edition, 11.3.3): `tEXt` for Latin-1, `iTXt` for anything else.
 * Image tools and web pages show it; `parameters`, `prompt` and `seed` are customary keywords.
 */
import { crc32 } from "node:zlib";

const SIGNATURE_LENGTH = 8;
/** A chunk is: length (4), type (4), data, CRC (4). */
const CHUNK_FRAME = 12;

/**
 * Adds text chunks right after the header chunk of a PNG file.
 *
 * @throws RangeError when a keyword is not 1 to 79 printable Latin-1 characters.
 */
export function addPngText(png: Uint8Array, text: Readonly<Record<string, string>>): Uint8Array {
  const headerEnd =
    SIGNATURE_LENGTH + CHUNK_FRAME + Buffer.from(png.buffer, png.byteOffset, png.byteLength).readUInt32BE(8);
  const chunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

/** The text chunks of a PNG file by keyword; compressed ones are left out. */
export function readPngText(png: Uint8Array): Record<string, string> {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const text: Record<string, string> = {};
  for (let offset = SIGNATURE_LENGTH; offset + CHUNK_FRAME <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    const type = bytes.toString("latin1", offset + 4, offset + 8);
    const data = bytes.subarray(offset + 8, offset + 8 + length);
    const keywordEnd = data.indexOf(0);
    const keyword = data.toString("latin1", 0, keywordEnd);
    if (type === "tEXt") text[keyword] = data.toString("latin1", keywordEnd + 1);
    if (type === "iTXt" && data[keywordEnd + 1] === 0) {
      const languageEnd = data.indexOf(0, keywordEnd + 3);
      text[keyword] = data.toString("utf8", data.indexOf(0, languageEnd + 1) + 1);
    }
    offset += CHUNK_FRAME + length;
  }
  return text;
}

function textChunk(keyword: string, value: string): Buffer {
  if (!/^[\x20-\x7e\xa1-\xff]{1,79}$/.test(keyword)) {
    throw new RangeError(`addPngText: keyword (="${keyword}") must be 1 to 79 printable Latin-1 characters`);
  }
  const isLatin1 = /^[\n\x20-\x7e\xa0-\xff]*$/.test(value);
  const data = isLatin1
    ? Buffer.from(`${keyword}\0${value}`, "latin1")
    : // After the keyword: not compressed, method 0, no language tag, no translated keyword.
      Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, "latin1"), Buffer.from(value, "utf8")]);
  const chunk = Buffer.alloc(CHUNK_FRAME + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(isLatin1 ? "tEXt" : "iTXt", 4, "latin1");
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
