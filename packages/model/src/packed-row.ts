/**
 * The input of one forward pass: text tokens and patches of several images in one row, in training and in generation
 * alike. Here the embeddings of both kinds are brought into the row's order.
 */
// L tokens, T text tokens, P patches, D model dim
import { embedding, tf } from "@interfuse/tensor";
import type { PatchBatch } from "./objectives/image-objective.ts";

export interface PackedRow {
  /** int32 [L]; not read where a patch stands. */
  readonly tokenIds: Int32Array;
  /** float32 [L, 3]. */
  readonly positions_L3: Float32Array;
  /** int32 [L, 4]; rows of this input, or slots of the cache. */
  readonly keyRanges: Int32Array;
  /** The first row of each image of `images`. */
  readonly imageStarts: readonly number[];
  /** The patches of all images of the row, in the order of `imageStarts`. */
  readonly images: PatchBatch;
}

/** For each of the L rows the index of its patch, or -1 for text. */
export function patchIndices(row: PackedRow): Int32Array {
  const indices = new Int32Array(row.tokenIds.length).fill(-1);
  let patch = 0;
  row.imageStarts.forEach((start, image) => {
    for (let i = 0; i < row.images.grids[image]!.numTokens; i++) {
      indices[start + i] = patch++;
    }
  });
  return indices;
}

/** Rows of the embedding table and patch tokens, in the order of the row: [L, D]. */
export function rowEmbeddings(
  row: PackedRow,
  indices: Int32Array,
  table_VD: tf.Tensor2D,
  patchTokens_PD: tf.Tensor2D,
): tf.Tensor2D {
  const textIds = row.tokenIds.filter((_, index) => indices[index]! < 0);
  let text = 0;
  const order = indices.map((patch) => (patch < 0 ? text++ : textIds.length + patch));
  if (textIds.length === 0) {
    return gatherRows(patchTokens_PD, order);
  }
  return gatherRows(tf.concat([gatherRows(table_VD, textIds), patchTokens_PD], 0), order);
}

/** Conditioning of patches in the order of the row, zero for text (which then passes unconditioned): [L, D]. */
export function rowConditioning(
  indices: Int32Array,
  conditioning_PD: tf.Tensor2D | undefined,
  conditioningDim: number,
): tf.Tensor2D {
  const text_1D = tf.zeros<tf.Rank.R2>([1, conditioningDim]);
  const source = conditioning_PD === undefined ? text_1D : tf.concat([text_1D, conditioning_PD], 0);
  return gatherRows(
    source,
    indices.map((patch) => patch + 1),
  );
}

/** Picks rows of a matrix; its gradient scatters back. */
export function gatherRows(matrix: tf.Tensor2D, rows: Int32Array): tf.Tensor2D {
  return tf.tidy(() => embedding(matrix, tf.tensor1d(rows, "int32")) as tf.Tensor2D);
}
