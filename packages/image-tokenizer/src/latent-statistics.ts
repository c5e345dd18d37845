/**
 * Mean and standard deviation of a tokenizer's latents: measured once after training, part of its config from then on, not of
 * its weights, where an optimizer could move them. For codes too, whose latents are what their indices stand for.
 */
// B batch, H height, W width, C latent channels
import { tf } from "@interfuse/tensor";
import { z } from "zod";
import type { ImageTokenizer } from "./image-tokenizer.ts";

/** Mean and standard deviation of each channel of the raw latents. */
export type LatentStatistics = {
  /** What `encode` subtracts. 0 until measured. */
  readonly latentMean: readonly number[];
  /** What `encode` divides by. 1 until measured. */
  readonly latentStd: readonly number[];
};

/** Fields of {@link LatentStatistics} for a config's schema; check them with {@link checkLatentStatistics} as well. */
export const latentStatisticsFields = {
  latentMean: z.array(z.number()).optional(),
  latentStd: z.array(z.number().positive()).optional(),
};

/** Adds an issue for statistics that are not one number a channel. */
export function checkLatentStatistics(
  config: { latentChannels: number } & Partial<LatentStatistics>,
  addIssue: (message: string) => void,
): void {
  const { latentChannels } = config;
  for (const name of ["latentMean", "latentStd"] as const) {
    const length = config[name]?.length ?? latentChannels;
    if (length === latentChannels) continue;
    addIssue(`${name} has ${length} entries; latentChannels (=${latentChannels}) needs one each`);
  }
}

/** Statistics of a config, 0 and 1 where it has none. */
export function resolveLatentStatistics({
  latentChannels,
  latentMean,
  latentStd,
}: { latentChannels: number } & {
  [Name in keyof LatentStatistics]?: LatentStatistics[Name] | undefined;
}): LatentStatistics {
  return {
    latentMean: latentMean ?? Array.from({ length: latentChannels }, () => 0),
    latentStd: latentStd ?? Array.from({ length: latentChannels }, () => 1),
  };
}

/** Raw latents `[B, h, w, C]` to mean 0 and standard deviation 1 in each channel. */
export function normaliseLatents(raw_BHWC: tf.Tensor4D, { latentMean, latentStd }: LatentStatistics): tf.Tensor4D {
  return tf.tidy(() => raw_BHWC.sub(tf.tensor1d([...latentMean])).div<tf.Tensor4D>(tf.tensor1d([...latentStd])));
}

/** Undoes {@link normaliseLatents}. */
export function denormaliseLatents(
  latents_BHWC: tf.Tensor4D,
  { latentMean, latentStd }: LatentStatistics,
): tf.Tensor4D {
  return tf.tidy(() => latents_BHWC.mul(tf.tensor1d([...latentStd])).add<tf.Tensor4D>(tf.tensor1d([...latentMean])));
}

/** Below this a channel carries nothing; dividing by it would only amplify rounding. */
const SMALLEST_STD = 1e-4;

/**
 * Measures mean and standard deviation of each channel of the raw latents over some batches of pixels, for
 * `tokenizer.setLatentStatistics`. A few thousand pictures are plenty. The batches stay the caller's.
 *
 * @throws RangeError when there are no batches.
 */
export async function measureLatentStatistics(
  tokenizer: ImageTokenizer & { readonly config: LatentStatistics },
  batches: Iterable<tf.Tensor4D> | AsyncIterable<tf.Tensor4D>,
): Promise<LatentStatistics> {
  const numChannels = tokenizer.latentChannels;
  const mean = new Float64Array(numChannels);
  const squares = new Float64Array(numChannels);
  let numRows = 0;
  for await (const pixels of batches) {
    const raw = tf.tidy(() => denormaliseLatents(tokenizer.encode(pixels), tokenizer.config));
    const values = await raw.data();
    raw.dispose();
    // Welford's update, row by row: no cancellation however far the mean is from 0.
    for (let start = 0; start < values.length; start += numChannels) {
      numRows += 1;
      for (let channel = 0; channel < numChannels; channel++) {
        const before = (values[start + channel] as number) - (mean[channel] as number);
        mean[channel] = (mean[channel] as number) + before / numRows;
        const after = (values[start + channel] as number) - (mean[channel] as number);
        squares[channel] = (squares[channel] as number) + before * after;
      }
    }
  }
  if (numRows === 0) throw new RangeError("measureLatentStatistics: there are no batches; give at least one");
  return {
    latentMean: Array.from(mean),
    latentStd: Array.from(squares, (sum) => Math.max(Math.sqrt(sum / numRows), SMALLEST_STD)),
  };
}
