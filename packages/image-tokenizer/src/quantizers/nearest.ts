/** The nearest code of each vector, without ever holding more than a few megabytes of scores. */
// N vectors, K codes, C channels
import { tf, withoutGradients } from "@interfuse/tensor";
import { normalizeLastAxis } from "./normalize.ts";

/** Scores held at a time; 16 MiB, so that they are still in a processor's cache when their maximum is looked for. */
const MAX_SCORES = 2 ** 22;

/**
 * int32 `[N]`: for each vector the code at the smallest distance, or of the largest cosine; the first of equal ones.
 *
 * `|z - e|^2` is smallest where `z.e - |e|^2 / 2` is largest: one matrix product with a column of ones beside the
 * vectors, rows in chunks. Float32 in every precision.
 */
export function nearestCodes(
  vectors_NC: tf.Tensor2D,
  codes_KC: tf.Tensor2D,
  { by = "distance" }: { readonly by?: "distance" | "cosine" } = {},
): tf.Tensor1D {
  const [numVectors] = vectors_NC.shape;
  const numRows = Math.max(1, Math.floor(MAX_SCORES / codes_KC.shape[0]));
  return withoutGradients(() =>
    tf.tidy(() => {
      const keys = by === "cosine" ? normalizeLastAxis(codes_KC) : withSquares(codes_KC);
      // Transposed once: TensorFlow.js's wasm kernel is many times slower on a transposed operand.
      const keysTransposed = tf.transpose<tf.Tensor2D>(keys);
      const parts: tf.Tensor1D[] = [];
      for (let start = 0; start < numVectors; start += numRows) {
        parts.push(
          tf.tidy(() => {
            const rows = vectors_NC.slice([start, 0], [Math.min(numRows, numVectors - start), -1]);
            const queries = by === "cosine" ? rows : tf.concat2d([rows, tf.ones([rows.shape[0], 1])], 1);
            return tf.matMul(queries, keysTransposed).argMax<tf.Tensor1D>(1);
          }),
        );
      }
      return parts.length === 1 ? parts[0]! : tf.concat1d(parts);
    }),
  );
}

/** `[e, -|e|^2 / 2]`. */
function withSquares(codes_KC: tf.Tensor2D): tf.Tensor2D {
  return tf.concat2d([codes_KC, codes_KC.square().sum<tf.Tensor2D>(1, true).mul(-0.5)], 1);
}
