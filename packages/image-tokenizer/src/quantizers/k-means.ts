// N vectors, K codes, C channels
import { tf, withoutGradients } from "@interfuse/tensor";
import { clusterSums } from "./cluster-sums.ts";
import { nearestCodes } from "./nearest.ts";
import { normalizeLastAxis } from "./normalize.ts";

/** Rounds of assignment and averaging, as in vector-quantize-pytorch. */
const NUM_ITERATIONS = 10;

/** Centres `[K, C]` and how many vectors each had in the last round `[K]`. */
export type KMeans = { readonly centres_KC: tf.Tensor2D; readonly sizes_K: tf.Tensor1D };

/**
 * Lloyd's algorithm from given centres `[K, C]`. A centre that gets no vector stays where it is.
 *
 * @param options.isSpherical Centres are normalised to length 1 after each round; the vectors must be.
 */
export function kMeans(
  vectors_NC: tf.Tensor2D,
  start_KC: tf.Tensor2D,
  { isSpherical }: { readonly isSpherical: boolean },
): KMeans {
  return withoutGradients(() =>
    tf.tidy(() => {
      const numCodes = start_KC.shape[0];
      let centres = start_KC.clone();
      let sizes = tf.zeros<tf.Rank.R1>([numCodes]);
      for (let iteration = 0; iteration < NUM_ITERATIONS; iteration++) {
        const next = tf.tidy(() => {
          const indices = nearestCodes(vectors_NC, centres, { by: isSpherical ? "cosine" : "distance" });
          const { counts_K, sums_KC } = clusterSums(vectors_NC, indices, numCodes);
          const means = sums_KC.div<tf.Tensor2D>(counts_K.maximum(1).expandDims(1));
          const isUsed = counts_K.greater(0).expandDims(1).tile<tf.Tensor2D>([1, centres.shape[1]]);
          return {
            centres: tf.where(isUsed, isSpherical ? normalizeLastAxis(means) : means, centres),
            sizes: counts_K,
          };
        });
        tf.dispose([centres, sizes]);
        ({ centres, sizes } = next);
      }
      return { centres_KC: centres, sizes_K: sizes };
    }),
  );
}
