/** Reconstructions from the first stages of a residual tokenizer, or the first scales of a multi-scale one. */
import {
  type Picture,
  picturesToTensor,
  type QuantizedAutoencoder,
  tensorToPictures,
} from "@interfuse/image-tokenizer";
import { mapEqualSizes } from "@interfuse/pipeline";
import { tf } from "@interfuse/tensor";
import { pooledPsnr } from "../image-tokenizer/pooled-psnr.ts";

/** `stage1`, `stage2` ..: PSNR in dB after each; empty for a quantizer that has no stages. */
export async function stagePsnrs(
  tokenizer: QuantizedAutoencoder,
  pictures: readonly Picture[],
): Promise<Record<string, number>> {
  const lengths = stageLengths(tokenizer);
  const figures: Record<string, number> = {};
  for (const [stage, length] of lengths.entries()) {
    const coarse = await mapEqualSizes(pictures, async (batch) => {
      const pixels_BHWC = tf.tidy(() => {
        const indices = tokenizer.encodeToIndices(picturesToTensor(batch));
        const kept = [...indices.shape.slice(0, -1), length];
        return tokenizer.decodeIndices(indices.slice(Array(indices.rank).fill(0), kept), batch[0]);
      });
      const result = await tensorToPictures(pixels_BHWC);
      pixels_BHWC.dispose();
      return result;
    });
    figures[`stage${stage + 1}`] = pooledPsnr(pictures, coarse);
  }
  return figures;
}

/** How many of the last axis' indices belong to the first stage, the first two, and so on. */
function stageLengths({ config: { quantizer } }: QuantizedAutoencoder): number[] {
  if (quantizer.type === "residual") return Array.from({ length: quantizer.numStages }, (_, stage) => stage + 1);
  if (quantizer.type !== "multi-scale") return [];
  let length = 0;
  return quantizer.scales.map(([rows, columns]) => (length += rows * columns));
}
