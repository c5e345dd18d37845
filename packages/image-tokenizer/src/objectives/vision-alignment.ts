/**
 * VF loss (VA-VAE, arXiv 2501.01423): latents, linearly mapped, follow the features of a frozen vision encoder place by
 * place (cosine) and in how places resemble each other (distances), which keeps wide latents learnable.
 *
 * As released: both parts compare the mapped latents; margins 0.5 and 0.25; both parts added; the whole weighted by
 * `0.1 * adaptiveWeight(...)` at the encoder's last convolution, with a cap of 1e8.
 */
// B batch, H height, W width, C latent channels, T teacher channels, P places (H * W)
import { type Generator, initNormal, linear, Module, tf } from "@interfuse/tensor";
import { checkChannels } from "../checks.ts";
import { resizeBilinear } from "./resample.ts";

/** Keeps a vector of zeros from dividing by zero; far below any feature's square. */
const EPSILON = 1e-12;

/** The map from latents to the teacher's channels, trained with the autoencoder and not saved with it. Parameter: `projection [T, C]`. */
export class VisionAlignment extends Module {
  readonly #projection: tf.Variable;

  /** @param sizes Channels of the latents and of the teacher's features. */
  constructor(sizes: { readonly latentChannels: number; readonly teacherChannels: number }, generator: Generator) {
    super();
    const { latentChannels, teacherChannels } = sizes;
    const shape = [teacherChannels, latentChannels];
    this.#projection = this.parameter("projection", initNormal(generator, shape, 1 / Math.sqrt(latentChannels)));
  }

  /** Maps `[B, H, W, C]` to `[B, H, W, T]`. */
  project(latents_BHWC: tf.Tensor4D): tf.Tensor4D {
    checkChannels(
      "VisionAlignment",
      { name: "latents_BHWC", value: latents_BHWC },
      this.#projection.shape[1] as number,
    );
    return linear(latents_BHWC, this.#projection);
  }
}

/** Sums over a batch, and what to divide both by. */
export type VisionAlignmentLoss = {
  /** Sum over pictures of the mean over places of `relu(1 - cosineMargin - cos(z', f))`. */
  readonly cosineLossSum: tf.Scalar;
  /** Sum over pictures of the mean over pairs of places of `relu(|cos(z'_i, z'_j) - cos(f_i, f_j)| - distanceMargin)`. */
  readonly distanceLossSum: tf.Scalar;
  readonly numPictures: number;
};

/**
 * Compares latents with a teacher's features of the same pictures, which count as constants; a teacher's grid of another
 * size is resized.
 *
 * @param latents_BHWC Raw latents, with their gradient to the encoder.
 * @param teacher_BHWT Features `[B, h, w, T]`.
 * @throws RangeError when batch or channels do not fit.
 */
export function visionAlignmentLoss(
  alignment: VisionAlignment,
  { latents_BHWC, teacher_BHWT }: { readonly latents_BHWC: tf.Tensor4D; readonly teacher_BHWT: tf.Tensor4D },
  {
    cosineMargin = 0.5,
    distanceMargin = 0.25,
  }: { readonly cosineMargin?: number; readonly distanceMargin?: number } = {},
): VisionAlignmentLoss {
  const projected_BHWT = alignment.project(latents_BHWC);
  const [batch, height, width, channels] = projected_BHWT.shape;
  checkChannels("visionAlignmentLoss", { name: "teacher_BHWT", value: teacher_BHWT }, channels);
  if (teacher_BHWT.shape[0] !== batch) {
    throw new RangeError(
      `visionAlignmentLoss: teacher_BHWT has ${teacher_BHWT.shape[0]} pictures and latents_BHWC ${batch}; give features of the same batch`,
    );
  }
  const sums = tf.tidy(() => {
    const unitRows = (x_BHWT: tf.Tensor4D) => {
      const rows_BPT = x_BHWT.reshape<tf.Tensor3D>([batch, height * width, channels]);
      return rows_BPT.mul<tf.Tensor3D>(rows_BPT.square().sum(2, true).add(EPSILON).rsqrt());
    };
    const z_BPT = unitRows(projected_BHWT);
    const f_BPT = unitRows(resizeBilinear(teacher_BHWT, { height, width }));
    const cosines_BP = z_BPT.mul(f_BPT).sum(2);
    const similarities = (x_BPT: tf.Tensor3D) => tf.matMul(x_BPT, x_BPT, false, true);
    const differences_BPP = similarities(z_BPT).sub(similarities(f_BPT)).abs();
    return {
      cosineLossSum: tf
        .relu(tf.sub(1 - cosineMargin, cosines_BP))
        .mean(1)
        .sum<tf.Scalar>(),
      distanceLossSum: tf.relu(differences_BPP.sub(distanceMargin)).mean([1, 2]).sum<tf.Scalar>(),
    };
  });
  return { ...sums, numPictures: batch };
}
