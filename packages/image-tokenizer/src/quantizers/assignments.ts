import { type Module, tf, withoutGradients } from "@interfuse/tensor";

/** Vectors and the codes they went to: `vectors [N, C]`, `indices [N]` int32. */
export type Assignment = { readonly vectors_NC: tf.Tensor2D; readonly indices_N: tf.Tensor1D };

/**
 * What the forwards of one optimizer step assigned to which codebook. It outlives the gradient sweep that fills it, so
 * that the codebooks can be updated after the optimizer's step; whoever makes it disposes it.
 */
export class Assignments {
  readonly #entries = new Map<Module, Assignment[]>();

  /** Adds a micro-batch's vectors of one codebook; the tensors stay the caller's. */
  add(codebook: Module, { vectors_NC, indices_N }: Assignment): void {
    const kept = withoutGradients(() => ({
      vectors_NC: tf.keep(vectors_NC.clone()),
      indices_N: tf.keep(indices_N.clone()),
    }));
    this.#entries.set(codebook, [...(this.#entries.get(codebook) ?? []), kept]);
  }

  /** Everything added for a codebook, as one assignment that the caller disposes; undefined when there is nothing. */
  take(codebook: Module): Assignment | undefined {
    const entries = this.#entries.get(codebook);
    if (entries === undefined) return undefined;
    this.#entries.delete(codebook);
    const vectors_NC = tf.concat2d(
      entries.map((entry) => entry.vectors_NC),
      0,
    );
    const indices_N = tf.concat1d(entries.map((entry) => entry.indices_N));
    for (const entry of entries) disposeAssignment(entry);
    return { vectors_NC, indices_N };
  }

  /** Frees everything that was not taken. */
  dispose(): void {
    for (const entry of [...this.#entries.values()].flat()) disposeAssignment(entry);
    this.#entries.clear();
  }
}

function disposeAssignment({ vectors_NC, indices_N }: Assignment): void {
  tf.dispose([vectors_NC, indices_N]);
}
