// B batch
import type { Picture } from "@interfuse/data";
import { type FeatureNetwork, perceptualDistances, picturesToTensor } from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";
import { batchesOf } from "../batches.ts";

/**
 * The LPIPS-style distance of each pair of pictures by a network's features (with `LpipsVgg16`, LPIPS); 0 for equal ones.
 * State the network's name beside figures.
 *
 * @param options `batchSize`: pairs compared at once, 16 by default.
 * @throws RangeError when the numbers differ, or the sizes within a batch, or `batchSize` is not a whole number of at least 1.
 */
export async function perceptualDistance(
  network: FeatureNetwork,
  { pictures, references }: { readonly pictures: readonly Picture[]; readonly references: readonly Picture[] },
  { batchSize = 16 }: { readonly batchSize?: number } = {},
): Promise<number[]> {
  if (pictures.length !== references.length) {
    throw new RangeError(
      `perceptualDistance: pictures (${pictures.length}) and references (${references.length}) must be as many`,
    );
  }
  const distances: number[] = [];
  const pairs = pictures.map((picture, index) => ({ picture, reference: references[index] as Picture }));
  for (const batch of batchesOf("perceptualDistance", pairs, batchSize)) {
    const distances_B = tf.tidy(() =>
      perceptualDistances(
        network,
        picturesToTensor(batch.map(({ picture }) => picture)),
        picturesToTensor(batch.map(({ reference }) => reference)),
      ),
    );
    distances.push(...(await distances_B.data()));
    distances_B.dispose();
  }
  return distances;
}
