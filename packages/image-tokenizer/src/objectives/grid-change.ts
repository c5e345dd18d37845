/**
 * Changes that pictures and their latents can both take: quarter turns, and shrinking to k/n of the side for latents of
 * n x n, which alone gives whole sizes in latents and pixels alike.
 */
// B batch, H height, W width, C channels
import type { Generator, tf } from "@interfuse/tensor";
import { resizeBilinear, rotateQuarterTurns } from "./resample.ts";

/** `numerator` is k of the scale k/n. */
export type GridChange = { readonly numerator: number; readonly quarterTurns: number };

/** The smallest k for latents of `latentSide` x `latentSide`: a quarter. */
export function smallestNumerator(latentSide: number): number {
  return Math.ceil(latentSide / 4);
}

/** Draws k from a quarter of the side to one below it. */
export function sampleNumerator(generator: Generator, latentSide: number): number {
  const smallest = smallestNumerator(latentSide);
  return smallest + generator.integer(latentSide - smallest);
}

/** Draws a change with a real turn in it. */
export function sampleGridChange(generator: Generator, latentSide: number): GridChange {
  return { numerator: sampleNumerator(generator, latentSide), quarterTurns: 1 + generator.integer(3) };
}

/** Shrinks `[B, H, W, C]` to `side` x `side`, then turns it. */
export function shrinkAndTurn(
  x_BHWC: tf.Tensor4D,
  { side, quarterTurns }: { readonly side: number; readonly quarterTurns: number },
): tf.Tensor4D {
  return rotateQuarterTurns(resizeBilinear(x_BHWC, { height: side, width: side }), quarterTurns);
}
