/**
 * Small plain PNG files by pngjs: sharp takes one to two milliseconds of processor time for any picture, ten times what these
 * need, and datasets have tens of thousands of them.
 */
import { open } from "node:fs/promises";
import type { Picture } from "@interfuse/image-tokenizer";
import { PNG } from "pngjs";

/** Pictures with more are not small: pngjs works in the thread that asks. */
const MOST_PIXELS = 64 * 64;
/** No small picture's file is longer, unless much text is in it. */
const MOST_SMALL_BYTES = 16 * 1024;

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const CHUNK_FRAME = 12;
const HEADER_LENGTH = 13;
const RGB = 2;
const EVERY_ROW_FROM_THE_ONE_ABOVE = 2;
/** Chunks that pixels do not depend on, besides those that every file has. */
const PLAIN_CHUNKS = new Set(["IHDR", "IDAT", "IEND", "pHYs", "tEXt", "iTXt"]);

/** What a file holds, or nothing when it is missing or too long for a small picture. */
export async function readSmallFile(file: string): Promise<Uint8Array> {
  const nothing = new Uint8Array(0);
  if (!file.toLowerCase().endsWith(".png")) return nothing;
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      return size > MOST_SMALL_BYTES ? nothing : await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch {
    return nothing;
  }
}

/** Whether a picture is one for `encodeSmallPng`. */
export function isSmall({ width, height }: Picture): boolean {
  return width * height <= MOST_PIXELS;
}

/** The bytes of a PNG file that holds the picture; `compressionLevel` is zlib's. */
export function encodeSmallPng({ width, height, data }: Picture, compressionLevel: number): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.length);
  return PNG.sync.write(png, {
    colorType: RGB,
    inputColorType: RGB,
    inputHasAlpha: false,
    filterType: EVERY_ROW_FROM_THE_ONE_ABOVE,
    deflateLevel: compressionLevel,
  });
}

/**
 * The picture of a small PNG file of 8-bit RGB that nothing else says how to read (a profile, a transparent colour, an orientation);
 * undefined for all others, damaged ones too.
 */
export function decodeSmallPng(bytes: Uint8Array): Picture | undefined {
  if (!isSmallPlainPng(bytes)) return undefined;
  try {
    const { width, height, data: rgba } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    const data = new Uint8Array(width * height * 3);
    for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
      data[to] = rgba[from] as number;
      data[to + 1] = rgba[from + 1] as number;
      data[to + 2] = rgba[from + 2] as number;
    }
    return { width, height, data };
  } catch {
    return undefined;
  }
}

function isSmallPlainPng(bytes: Uint8Array): boolean {
  if (bytes.length > MOST_SMALL_BYTES || SIGNATURE.some((byte, i) => bytes[i] !== byte)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = SIGNATURE.length;
  for (let type = ""; type !== "IEND"; ) {
    if (offset + CHUNK_FRAME > bytes.length) return false;
    const length = view.getUint32(offset);
    type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (!PLAIN_CHUNKS.has(type)) return false;
    const start = offset + 8;
    offset += CHUNK_FRAME + length;
    if (offset > bytes.length) return false;
    if (type === "IHDR" && (length !== HEADER_LENGTH || !isSmallRgb(view, start))) return false;
  }
  return offset === bytes.length;
}

/** Width, height, 8 bits, RGB, deflate, the five filters, not interlaced. */
function isSmallRgb(view: DataView, offset: number): boolean {
  const numPixels = view.getUint32(offset) * view.getUint32(offset + 4);
  return (
    numPixels >= 1 &&
    numPixels <= MOST_PIXELS &&
    [8, RGB, 0, 0, 0].every((value, i) => view.getUint8(offset + 8 + i) === value)
  );
}
