/** Pictures to PNG, with optional text (prompt, seed, ...) inside the file. */
import { addPngText, type Picture } from "@interfuse/image-tokenizer";
import sharp from "sharp";

import { encodeSmallPng, isSmall } from "./small-png.ts";
import { writeFileAtomically } from "./write-file.ts";

/** How a PNG file is written, and what text it holds. */
export type EncodeOptions = {
  /** Text stored in the file by keyword, as `tEXt` or `iTXt` chunks. */
  readonly text?: Readonly<Record<string, string>>;
  /** zlib level from 0 (fast) to 9 (small); default 6. */
  readonly compressionLevel?: number;
};

/** The bytes of a PNG file that holds the picture. @throws RangeError for a picture without pixels, or a compression level that is none. */
export async function encodePng(picture: Picture, options: EncodeOptions = {}): Promise<Uint8Array> {
  const { text, compressionLevel = 6 } = options;
  const { width, height, data } = picture;
  if (!(Number.isInteger(width) && width >= 1 && Number.isInteger(height) && height >= 1)) {
    throw new RangeError(`encodePng: a picture of ${width} x ${height} pixels must have at least one, in whole rows`);
  }
  if (data.length !== width * height * 3) {
    throw new RangeError(
      `encodePng: data.length (=${data.length}) must be width * height * 3 (=${width * height * 3})`,
    );
  }
  if (!(Number.isInteger(compressionLevel) && compressionLevel >= 0 && compressionLevel <= 9)) {
    throw new RangeError(`encodePng: compressionLevel (=${compressionLevel}) must be a whole number from 0 to 9`);
  }
  const bytes = isSmall(picture)
    ? encodeSmallPng(picture, compressionLevel)
    : await sharp(data, { raw: { width, height, channels: 3 } })
        .png({ compressionLevel })
        .toBuffer();
  return text === undefined ? bytes : addPngText(bytes, text);
}

/**
 * Writes the picture as a PNG file, whole or not at all.
 *
 * @throws RangeError when the name does not end in ".png"; Error when the file cannot be written.
 */
export async function savePicture(file: string, picture: Picture, options: EncodeOptions = {}): Promise<void> {
  if (!file.toLowerCase().endsWith(".png")) {
    throw new RangeError(`savePicture: file (="${file}") must end in ".png"; pictures are saved as PNG only`);
  }
  await writeFileAtomically(file, await encodePng(picture, options));
}
