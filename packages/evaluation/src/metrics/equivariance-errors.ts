/**
 * How far an encoder is from treating a changed picture as it treats the picture, changed (EQ-VAE, arXiv 2502.09509). Its
 * own measure: per picture `|t(E(x)) - E(t(x))| / |E(t(x))|` (Euclidean norms over all of its latents), averaged over pictures
 * and changes; 0 is equivariant. Encoders are to give normalised latents, so that no channel's mean hides the rest.
 */
// B batch, H height, W width, C channels
import { resizeBilinear, rotateQuarterTurns } from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";

/** Shares of the side that pictures and latents are shrunken to, where the latents' side allows. */
const SCALES = [0.25, 0.5, 0.75];
const QUARTER_TURNS = [1, 2, 3];

/** Mean errors by kind of change. */
export type EquivarianceErrors = { readonly scale: number; readonly rotation: number };

/**
 * Measures on square pictures.
 *
 * @param encode Latents `[B, H/f, W/f, C]` of pixels, deterministic.
 * @param pixels_BHWC `[B, H, W, 3]`.
 * @throws RangeError when the pixels are not square, or the latents' side is divisible neither by 4 nor by 2.
 */
export async function equivarianceErrors(
  encode: (pixels_BHWC: tf.Tensor4D) => tf.Tensor4D,
  pixels_BHWC: tf.Tensor4D,
): Promise<EquivarianceErrors> {
  const [, height, width] = pixels_BHWC.shape;
  const latents_BHWC = tf.tidy(() => encode(pixels_BHWC));
  try {
    const side = latents_BHWC.shape[1];
    const scales = SCALES.filter((scale) => Number.isInteger(scale * side));
    if (height !== width || scales.length === 0) {
      throw new RangeError(
        `equivarianceErrors: pixels of ${height}x${width} must be square, with latents (side ${side}) of an even side; crop them`,
      );
    }
    const error = (change: (x_BHWC: tf.Tensor4D) => tf.Tensor4D) =>
      relativeError(encode, { pixels_BHWC, latents_BHWC, change });
    return {
      scale: await meanOf(
        scales.map((scale) => (x_BHWC: tf.Tensor4D) => {
          const target = Math.round(scale * x_BHWC.shape[1]);
          return resizeBilinear(x_BHWC, { height: target, width: target });
        }),
        error,
      ),
      rotation: await meanOf(
        QUARTER_TURNS.map((turns) => (x_BHWC: tf.Tensor4D) => rotateQuarterTurns(x_BHWC, turns)),
        error,
      ),
    };
  } finally {
    latents_BHWC.dispose();
  }
}

type Change = (x_BHWC: tf.Tensor4D) => tf.Tensor4D;

async function relativeError(
  encode: (pixels_BHWC: tf.Tensor4D) => tf.Tensor4D,
  { pixels_BHWC, latents_BHWC, change }: { pixels_BHWC: tf.Tensor4D; latents_BHWC: tf.Tensor4D; change: Change },
): Promise<number> {
  const error = tf.tidy(() => {
    const encoded = encode(change(pixels_BHWC));
    const norm = (x: tf.Tensor) => x.square().sum([1, 2, 3]).sqrt();
    return norm(change(latents_BHWC).sub(encoded)).div(norm(encoded)).mean();
  });
  const [value] = await error.data();
  error.dispose();
  return value as number;
}

async function meanOf(changes: readonly Change[], error: (change: Change) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const change of changes) sum += await error(change);
  return sum / changes.length;
}
