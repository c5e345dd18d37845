// N vectors, C channels
import { embedding, type Generator, tf, withoutGradients } from "@interfuse/tensor";
import { nearestCodes } from "./nearest.ts";
import { randomRows } from "./random-rows.ts";

/** Rounds of drawing where memory allows: each sees the rows of those before. */
const NUM_ROUNDS = 64;

/** Comparisons held at a time. */
const MAX_COMPARISONS = 2 ** 22;

/**
 * `count` rows of a batch of vectors that lie apart, `[count, C]`: drawn with probability proportional to the squared distance
 * from the nearest row drawn before (k-means++, Arthur and Vassilvitskii 2007), several a round as in k-means‖ (arXiv 1203.6402).
 *
 * Most patches of a drawing are background. Rows drawn evenly are then mostly copies of one another, and k-means leaves
 * all copies but one without vectors.
 */
export function spreadRows(vectors_NC: tf.Tensor2D, count: number, generator: Generator): tf.Tensor2D {
  const numVectors = vectors_NC.shape[0];
  const perRound = Math.max(1, Math.min(Math.ceil(count / NUM_ROUNDS), Math.floor(MAX_COMPARISONS / numVectors)));
  return withoutGradients(() =>
    tf.tidy(() => {
      const drawn = [randomRows(vectors_NC, Math.min(perRound, count), generator)];
      let distances_N = squaredDistances(vectors_NC, drawn[0]!);
      for (let numDrawn = perRound; numDrawn < count; numDrawn += perRound) {
        const rows = drawRows(vectors_NC, distances_N, generator.uniformArray(Math.min(perRound, count - numDrawn)));
        const nearer = tf.tidy(() => distances_N.minimum<tf.Tensor1D>(squaredDistances(vectors_NC, rows)));
        distances_N.dispose();
        distances_N = nearer;
        drawn.push(rows);
      }
      return tf.concat2d(drawn, 0);
    }),
  );
}

/** One row for each of `uniforms`, by inverting the cumulative weights; nothing is read from the backend. */
function drawRows(vectors_NC: tf.Tensor2D, weights_N: tf.Tensor1D, uniforms: Float32Array): tf.Tensor2D {
  return tf.tidy(() => {
    const cumulative = weights_N.cumsum();
    const last = weights_N.shape[0] - 1;
    const thresholds = tf.tensor1d(uniforms).mul(cumulative.slice([last], [1]));
    const positions = cumulative.expandDims(1).lessEqual(thresholds.expandDims(0)).sum(0).minimum(last).toInt();
    return embedding(vectors_NC, positions as tf.Tensor1D);
  });
}

/** From each vector to the nearest of some rows; exactly 0 for equal ones. */
function squaredDistances(vectors_NC: tf.Tensor2D, rows: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const nearest = embedding(rows, nearestCodes(vectors_NC, rows));
    return tf.squaredDifference(vectors_NC, nearest).sum<tf.Tensor1D>(1);
  });
}
