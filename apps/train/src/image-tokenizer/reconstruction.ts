/** How well pictures come back from an image tokenizer: PSNR, beside two baselines that need no learning. */
import { encodePng } from "@interfuse/data";
import { type ImageTokenizer, type Picture, picturesToTensor, tensorToPictures } from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";

/** Peak signal-to-noise ratios in dB, over all pictures together (mean of squared errors first). */
export type ReconstructionReport = {
  readonly numPictures: number;
  readonly psnr: number;
  /** Each picture as its mean colour. */
  readonly meanColourPsnr: number;
  /** Each picture as the mean colours of 4 x 4 pixel blocks. */
  readonly blockMeanPsnr: number;
};

/** Encodes and decodes pictures of one size, in batches. */
export async function reconstruct(tokenizer: ImageTokenizer, pictures: readonly Picture[]): Promise<Picture[]> {
  const results: Picture[] = [];
  for (let start = 0; start < pictures.length; start += 16) {
    const batch = pictures.slice(start, start + 16);
    const pixels_BHWC = tf.tidy(() => {
      const { width, height } = batch[0] as Picture;
      return tokenizer.decode(tokenizer.encode(picturesToTensor(batch)), { width, height });
    });
    results.push(...(await tensorToPictures(pixels_BHWC)));
    pixels_BHWC.dispose();
  }
  return results;
}

/** PSNR of reconstructions and of the baselines. */
export function scoreReconstructions(
  pictures: readonly Picture[],
  reconstructions: readonly Picture[],
): ReconstructionReport {
  return {
    numPictures: pictures.length,
    psnr: pooledPsnr(pictures, reconstructions),
    meanColourPsnr: pooledPsnr(
      pictures,
      pictures.map((picture) => blockMeans(picture, Math.max(picture.width, picture.height))),
    ),
    blockMeanPsnr: pooledPsnr(
      pictures,
      pictures.map((picture) => blockMeans(picture, 4)),
    ),
  };
}

/** 10 log10(255² / mean squared error) over all pictures together, in dB. */
export function pooledPsnr(pictures: readonly Picture[], others: readonly Picture[]): number {
  let sum = 0;
  let count = 0;
  pictures.forEach(({ data }, index) => {
    const other = (others[index] as Picture).data;
    for (let i = 0; i < data.length; i++) sum += ((data[i] as number) - (other[i] as number)) ** 2;
    count += data.length;
  });
  return 10 * Math.log10(255 ** 2 / (sum / count));
}

/** The picture with every `block` x `block` square replaced by its mean colour. */
export function blockMeans({ width, height, data }: Picture, block: number): Picture {
  const result = new Uint8Array(data.length);
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) {
      for (let channel = 0; channel < 3; channel++) {
        const indices: number[] = [];
        for (let y = top; y < Math.min(height, top + block); y++) {
          for (let x = left; x < Math.min(width, left + block); x++) indices.push((y * width + x) * 3 + channel);
        }
        const mean = indices.reduce((sum, index) => sum + (data[index] as number), 0) / indices.length;
        for (const index of indices) result[index] = Math.round(mean);
      }
    }
  }
  return { width, height, data: result };
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
