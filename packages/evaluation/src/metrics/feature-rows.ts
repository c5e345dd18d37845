/** Feature vectors of many pictures, on the host: what Fréchet distances and probes read. */
// B batch, H height, W width, D features
import type { Picture } from "@interfuse/data";
import { type FrozenEncoder, picturesToTensor } from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";
import { batchesOf } from "../batches.ts";

/** Rows of features, row-major. */
export type FeatureRows = {
  readonly numRows: number;
  readonly numFeatures: number;
  readonly values: Float32Array;
};

/**
 * Each picture's features, averaged over places.
 *
 * @param options `batchSize`: pictures encoded at once, 16 by default.
 * @throws RangeError when there are no pictures, their sizes differ within a batch, or `batchSize` is not a whole number of at least 1.
 */
export async function pooledFeatures(
  encoder: FrozenEncoder,
  pictures: readonly Picture[],
  { batchSize = 16 }: { readonly batchSize?: number } = {},
): Promise<FeatureRows> {
  if (pictures.length === 0) throw new RangeError("pooledFeatures: there are no pictures; give at least one");
  const rows: Float32Array[] = [];
  for (const batch of batchesOf("pooledFeatures", pictures, batchSize)) {
    const pixels_BHWC = picturesToTensor(batch);
    const features_BHWD = await encoder.encode(pixels_BHWC).finally(() => pixels_BHWC.dispose());
    const means_BD = tf.tidy(() => features_BHWD.mean([1, 2]));
    features_BHWD.dispose();
    rows.push((await means_BD.data()) as Float32Array);
    means_BD.dispose();
  }
  return joinFeatureRows(rows, pictures.length);
}

/** `numRows` rows of one width, given in pieces of whole rows. */
export function joinFeatureRows(pieces: readonly Float32Array[], numRows: number): FeatureRows {
  const values = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    values.set(piece, offset);
    offset += piece.length;
  }
  return { numRows, numFeatures: values.length / numRows, values };
}

/** @throws RangeError when the values are not `numRows * numFeatures` finite numbers, or the rows fewer than `fewest`. */
export function checkFeatureRows(
  operation: string,
  { numRows, numFeatures, values }: FeatureRows,
  fewest: number,
): void {
  if (numRows < fewest || values.length !== numRows * numFeatures) {
    throw new RangeError(
      `${operation}: features (${values.length} values) must be at least ${fewest} rows; these are ${numRows} rows of ${numFeatures}`,
    );
  }
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new RangeError(
      `${operation}: feature ${index % numFeatures} of row ${Math.floor(index / numFeatures)} is ${values[index]}`,
    );
  }
}
