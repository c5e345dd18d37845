// B batch, H height, W width, C latent channels
import { tf } from "@interfuse/tensor";
import type { KlAutoencoder, LatentStatistics } from "./kl-autoencoder.ts";

/** Below this a channel carries nothing; dividing by it would only amplify rounding. */
const SMALLEST_STD = 1e-4;

/**
 * Measures mean and standard deviation of each channel over the posterior means of some batches, for
 * `autoencoder.setLatentStatistics`. A few thousand pictures are plenty. The batches stay the caller's.
 *
 * @throws RangeError when there are no batches.
 */
export async function measureLatentStatistics(
  autoencoder: KlAutoencoder,
  batches: Iterable<tf.Tensor4D> | AsyncIterable<tf.Tensor4D>,
): Promise<LatentStatistics> {
  const numChannels = autoencoder.latentChannels;
  const mean = new Float64Array(numChannels);
  const squares = new Float64Array(numChannels);
  let numRows = 0;
  for await (const pixels of batches) {
    const { mean: latents, logVariance } = autoencoder.posterior(pixels);
    const values = await latents.data();
    tf.dispose([latents, logVariance]);
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
