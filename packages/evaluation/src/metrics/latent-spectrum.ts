/**
 * Where the energy of latents lies (Improving the Diffusability of Autoencoders, arXiv 2502.14831): each channel in blocks
 * of 8 x 8, an orthonormal DCT-II of each block, coefficients in zigzag order. High frequencies that the picture does not
 * have are what a diffusion model must learn in vain.
 */
// B batch, H height, W width, C channels
import type { tf } from "@interfuse/tensor";

const LARGEST_BLOCK = 8;

/** Frequencies of latents. */
export type LatentSpectrum = {
  /** Side n of the blocks: 8, or less for smaller grids. Rows and columns beyond whole blocks are left out. */
  readonly blockSide: number;
  /** Mean squared coefficient by zigzag index, `n * n` of them, over blocks and channels. */
  readonly energies: Float64Array;
  /**
   * HFR: energy of zigzag indices from `n * n / 2` over that of all but the first (the block's mean), averaged over those
   * blocks and channels that are not constant.
   */
  readonly highFrequencyRatio: number;
  /** The same of the mean energies: blocks weigh by their energy, so that rounding noise in nearly flat blocks does not count. */
  readonly pooledHighFrequencyRatio: number;
};

/** The spectrum of latents `[B, H, W, C]`. @throws RangeError when a side is 1, or all blocks are constant. */
export async function latentSpectrum(latents_BHWC: tf.Tensor4D): Promise<LatentSpectrum> {
  const [batch, height, width, channels] = latents_BHWC.shape;
  const side = Math.min(LARGEST_BLOCK, height, width);
  if (side < 2) throw new RangeError(`latentSpectrum: latents of ${height}x${width} must be at least 2x2`);
  const values = await latents_BHWC.data();
  const order = zigzag(side);
  const firstHigh = Math.ceil(order.length / 2);
  const energies = new Float64Array(order.length);
  let [ratioSum, numRatios, numBlocks] = [0, 0, 0];
  for (let picture = 0; picture < batch; picture++) {
    for (let top = 0; top + side <= height; top += side) {
      for (let left = 0; left + side <= width; left += side) {
        for (let channel = 0; channel < channels; channel++) {
          const block = Float64Array.from({ length: side * side }, (_, i) => {
            const [y, x] = [top + Math.floor(i / side), left + (i % side)];
            return values[((picture * height + y) * width + x) * channels + channel] as number;
          });
          const coefficients = dct(block, side);
          let [high, all] = [0, 0];
          order.forEach((place, index) => {
            const energy = (coefficients[place] as number) ** 2;
            energies[index]! += energy;
            if (index >= firstHigh) high += energy;
            if (index >= 1) all += energy;
          });
          numBlocks += 1;
          if (isConstant(block)) continue;
          ratioSum += high / all;
          numRatios += 1;
        }
      }
    }
  }
  if (numRatios === 0) throw new RangeError("latentSpectrum: all blocks are constant; there are no frequencies");
  const sumFrom = (start: number) => energies.subarray(start).reduce((sum, energy) => sum + energy, 0);
  return {
    blockSide: side,
    energies: energies.map((energy) => energy / numBlocks),
    highFrequencyRatio: ratioSum / numRatios,
    pooledHighFrequencyRatio: sumFrom(firstHigh) / sumFrom(1),
  };
}

/** Places `row * side + column` of a square in JPEG's zigzag order: by diagonals, the first step to the right. */
function zigzag(side: number): number[] {
  const places = Array.from({ length: side * side }, (_, place) => place);
  const key = (place: number) => {
    const [row, column] = [Math.floor(place / side), place % side];
    const diagonal = row + column;
    return diagonal * side * 2 + (diagonal % 2 === 0 ? column : row);
  };
  return places.sort((a, b) => key(a) - key(b));
}

/** The orthonormal two-dimensional DCT-II of a block. */
function dct(block: Float64Array, side: number): Float64Array {
  const along = (values: Float64Array) => {
    const result = new Float64Array(values.length);
    for (let frequency = 0; frequency < side; frequency++) {
      const scale = Math.sqrt((frequency === 0 ? 1 : 2) / side);
      for (let row = 0; row < side; row++) {
        let sum = 0;
        for (let x = 0; x < side; x++) {
          sum += (values[row * side + x] as number) * Math.cos((Math.PI * (2 * x + 1) * frequency) / (2 * side));
        }
        // Written transposed, so that a second pass works on the other axis and turns it back.
        result[frequency * side + row] = scale * sum;
      }
    }
    return result;
  };
  return along(along(block));
}

function isConstant(block: Float64Array): boolean {
  return block.every((value) => value === block[0]);
}
