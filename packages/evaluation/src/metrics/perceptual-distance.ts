// B batch
import type { Picture } from "@interfuse/data";
import { type FeatureNetwork, perceptualDistances, picturesToTensor } from "@interfuse/image-tokenizer";

/**
 * The LPIPS-style distance of each pair of pictures by a network's features (with `LpipsVgg16`, LPIPS); 0 for equal ones.
 * State the network's name beside figures.
 *
 * @param options `batchSize`: pairs compared at once, 16 by default.
 * @throws RangeError when the numbers differ, or the sizes within a batch.
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
  for (let start = 0; start < pictures.length; start += batchSize) {
    const [output, target] = [pictures, references].map((list) =>
      picturesToTensor(list.slice(start, start + batchSize)),
    ) as [ReturnType<typeof picturesToTensor>, ReturnType<typeof picturesToTensor>];
    const distances_B = perceptualDistances(network, output, target);
    distances.push(...(await distances_B.data()));
    for (const tensor of [output, target, distances_B]) tensor.dispose();
  }
  return distances;
}
