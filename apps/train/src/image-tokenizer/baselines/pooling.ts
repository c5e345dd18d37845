/** What needs no learning: a picture as the means of its blocks. */
import type { Picture } from "@interfuse/image-tokenizer";

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

/** The block means again, blended between the blocks' middles (bilinear, edges repeated). */
export function pooled(picture: Picture, block: number): Picture {
  const { width, height } = picture;
  const { data: means } = blockMeans(picture, block);
  const columns = weightsAlong(width, block);
  const rows = weightsAlong(height, block);
  const data = new Uint8Array(picture.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [rows[y] as Blend, columns[x] as Blend];
      for (let channel = 0; channel < 3; channel++) {
        const at = (top: number, left: number) => means[(top * width + left) * 3 + channel] as number;
        const upper = mix(at(row.before, column.before), at(row.before, column.after), column.share);
        const lower = mix(at(row.after, column.before), at(row.after, column.after), column.share);
        data[(y * width + x) * 3 + channel] = Math.round(mix(upper, lower, row.share));
      }
    }
  }
  return { width, height, data };
}

/** Any pixel of the block before and of the one after, and the share of the latter. */
type Blend = { readonly before: number; readonly after: number; readonly share: number };

function weightsAlong(size: number, block: number): Blend[] {
  const numBlocks = Math.ceil(size / block);
  const pixelOf = (index: number) => Math.max(0, Math.min(numBlocks - 1, index)) * block;
  return Array.from({ length: size }, (_, position) => {
    const place = (position + 0.5) / block - 0.5;
    const before = Math.floor(place);
    return { before: pixelOf(before), after: pixelOf(before + 1), share: place - before };
  });
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
