// N vectors, K codes, C channels
import { tf } from "@interfuse/tensor";

/** How many vectors went to each code, and their sum. */
export type ClusterSums = { readonly counts_K: tf.Tensor1D; readonly sums_KC: tf.Tensor2D };

/** Counts and sums of vectors by code, in one pass. */
export function clusterSums(vectors_NC: tf.Tensor2D, indices_N: tf.Tensor1D, numCodes: number): ClusterSums {
  const [numVectors, dim] = vectors_NC.shape;
  return tf.tidy(() => {
    const withOnes = tf.concat2d([vectors_NC, tf.ones([numVectors, 1])], 1);
    const sums = tf.unsortedSegmentSum(withOnes, indices_N, numCodes) as tf.Tensor2D;
    return {
      counts_K: sums.slice([0, dim], [-1, 1]).reshape<tf.Tensor1D>([numCodes]),
      sums_KC: sums.slice([0, 0], [-1, dim]),
    };
  });
}
