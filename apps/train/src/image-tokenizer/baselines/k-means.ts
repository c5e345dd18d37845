/** Patches as entries of a list of patches: vector quantization without an encoder. */
// N patches, D values of a patch
import { type Quantizer, quantizerFromConfig } from "@interfuse/image-tokenizer";
import { Generator, tf } from "@interfuse/tensor";
import type { Patches } from "./patches.ts";

/** Patches that distances are taken of at once; bounds memory. */
const CHUNK = 16_384;

/** A codebook of patches, fitted to some by k-means; the caller disposes it. */
export function fitPatchCodebook({ values, dim }: Patches, numCodes: number): Quantizer {
  const quantizer = quantizerFromConfig({ type: "vector", numCodes, dim }, new Generator(0, "codebook"));
  tf.tidy(() => {
    quantizer.startFrom(tf.tensor2d(values, [values.length / dim, dim]), new Generator(0, "k-means"));
  });
  return quantizer;
}

/** Each patch as the nearest of the codebook. */
export async function nearestPatches({ values, dim }: Patches, quantizer: Quantizer): Promise<Patches> {
  const nearest = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += CHUNK * dim) {
    const chunk = values.subarray(start, start + CHUNK * dim);
    const codes_ND = tf.tidy(() => quantizer.quantize(tf.tensor2d(chunk, [chunk.length / dim, dim])).codes);
    nearest.set((await codes_ND.data()) as Float32Array, start);
    codes_ND.dispose();
  }
  return { values: nearest, dim };
}
