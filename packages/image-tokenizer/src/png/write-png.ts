/**
 * Pictures to PNG wherever there is a `CompressionStream`: browsers, Node. Canvases are no way, since browsers that guard against
 * fingerprints change what they read from them. Where sharp is at hand it writes smaller files faster (`encodePng` of `data`).
 */
import { CHANNELS, checkPicture } from "../check-picture.ts";
import type { Picture } from "../picture.ts";
import { concatBytes } from "./concat-bytes.ts";
import { pngChunk } from "./png-chunk.ts";
import { addPngText } from "./png-text.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * The bytes of a PNG file that holds the picture, and text by keyword beside it.
 * @throws RangeError when the data does not have `3 * width * height` bytes, or a keyword is not 1 to 79 printable Latin-1 characters
 */
export async function writePng(
  picture: Picture,
  { text = {} }: { text?: Readonly<Record<string, string>> } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkPicture("writePng", picture);
  const png = concatBytes([
    SIGNATURE,
    pngChunk("IHDR", header(picture)),
    pngChunk("IDAT", await deflate(filterRows(picture))),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
  return addPngText(png, text);
}

/** 8 bits a channel, RGB, not interlaced. */
function header({ width, height }: Picture): Uint8Array {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data[8] = 8;
  data[9] = 2;
  return data;
}

/** Each row behind its filter's number, as differences to the row above (filter 2), which compress better than pixels. */
function filterRows({ width, height, data }: Picture): Uint8Array<ArrayBuffer> {
  const rowBytes = width * CHANNELS;
  const rows = new Uint8Array(height * (1 + rowBytes));
  for (let y = 0; y < height; y++) {
    rows[y * (1 + rowBytes)] = 2;
    for (let i = 0; i < rowBytes; i++) {
      const above = y === 0 ? 0 : (data[(y - 1) * rowBytes + i] as number);
      rows[y * (1 + rowBytes) + 1 + i] = (data[y * rowBytes + i] as number) - above;
    }
  }
  return rows;
}

/** In zlib's format, which both PNG and `CompressionStream` mean by "deflate". */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
