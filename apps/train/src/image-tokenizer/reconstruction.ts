/** How well pictures come back from an image tokenizer. */
import { encodePng } from "@interfuse/data";
import type { CodebookUsage } from "@interfuse/evaluation";
import {
  type ImageTokenizer,
  isDiscrete,
  type Picture,
  picturesToTensor,
  tensorToPictures,
} from "@interfuse/image-tokenizer";
import { mapEqualSizes } from "@interfuse/pipeline";
import { tf } from "@interfuse/tensor";
import { decodeAnySize, encodeAnySize } from "./any-size.ts";
import { type BaselineScores, scoreBaselines } from "./baselines/score-baselines.ts";
import { codeUsage } from "./code-usage.ts";
import { pooledPsnr } from "./pooled-psnr.ts";

/** Peak signal-to-noise ratios in dB, over all pictures together (mean of squared errors first). */
export type ReconstructionReport = {
  readonly numPictures: number;
  readonly psnr: number;
  /** Of a tokenizer with codes. */
  readonly codes?: CodesReport;
  /** Trivial tokenizers of the same compression, fitted to the training pictures. */
  readonly baselines: BaselineScores;
};

/** How a codebook is used, as {@link CodebookUsage} without the counts. */
export type CodesReport = Omit<CodebookUsage, "counts"> & { readonly numCodes: number };

/** Codes of the codebook of patches beside a tokenizer without codes, and at most beside one with many. */
const BASELINE_CODES = { withoutCodes: 256, most: 1024 };

/** Encodes and decodes pictures, in batches of equal size. */
export function reconstruct(tokenizer: ImageTokenizer, pictures: readonly Picture[]): Promise<Picture[]> {
  return mapEqualSizes(pictures, async (batch) => {
    const pixels_BHWC = tf.tidy(() =>
      decodeAnySize(tokenizer, encodeAnySize(tokenizer, picturesToTensor(batch)), batch[0] as Picture),
    );
    try {
      return await tensorToPictures(pixels_BHWC);
    } finally {
      pixels_BHWC.dispose();
    }
  });
}

/** Scores a tokenizer and the baselines on held-out pictures of one size. */
export async function scoreReconstructions(
  tokenizer: ImageTokenizer,
  { training, heldOut }: { training: readonly Picture[]; heldOut: readonly Picture[] },
): Promise<ReconstructionReport> {
  const numCodes = isDiscrete(tokenizer)
    ? Math.min(tokenizer.numCodes, BASELINE_CODES.most)
    : BASELINE_CODES.withoutCodes;
  return {
    numPictures: heldOut.length,
    psnr: pooledPsnr(heldOut, await reconstruct(tokenizer, heldOut)),
    ...(isDiscrete(tokenizer) ? { codes: codesReport(await codeUsage(tokenizer, heldOut)) } : {}),
    baselines: await scoreBaselines(training, heldOut, {
      downsampling: tokenizer.downsampling,
      numComponents: tokenizer.latentChannels,
      numCodes,
    }),
  };
}

/** A codebook's figures. */
export function codesReport({ counts, usage, perplexity }: CodebookUsage): CodesReport {
  return { numCodes: counts.length, usage, perplexity };
}

/** Pictures over their reconstructions, as a PNG: rows of originals and rows of what came back, in turn. */
export async function reconstructionSheet(
  pictures: readonly Picture[],
  reconstructions: readonly Picture[],
): Promise<Uint8Array> {
  const { width, height } = pictures[0] as Picture;
  const columns = Math.min(8, pictures.length);
  const rows = Math.ceil(pictures.length / columns);
  const sheet = {
    width: columns * width,
    height: 2 * rows * height,
    data: new Uint8Array(columns * width * 2 * rows * height * 3),
  };
  pictures.forEach((picture, index) => {
    const place = { left: (index % columns) * width, top: 2 * Math.floor(index / columns) * height };
    paste(sheet, picture, place);
    paste(sheet, reconstructions[index] as Picture, { ...place, top: place.top + height });
  });
  return encodePng(sheet);
}

function paste(sheet: Picture, picture: Picture, { left, top }: { left: number; top: number }): void {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
    sheet.data.set(row, ((top + y) * sheet.width + left) * 3);
  }
}
