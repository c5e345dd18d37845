// B batch, H height, W width, C channels
import { type Generator, Module, type tf } from "@interfuse/tensor";
import { Convolution } from "../convolutional/convolution.ts";

/**
 * VAR's phi (arXiv 2404.02905): `phi(h) = (1 - r) h + r conv3x3(h)` smooths what upsampling gives. A few convolutions,
 * children `0`, `1`, ..., are shared by neighbouring scales.
 */
export class ScaleConvolutions extends Module {
  readonly #share: number;
  readonly #ofScale: readonly Convolution[];

  constructor(
    options: { numScales: number; dim: number; numConvolutions: number; share: number },
    generator: Generator,
  ) {
    super();
    const { numScales, dim, numConvolutions, share } = options;
    this.#share = share;
    // The size of PyTorch's first weights, which VAR has.
    const gain = Math.sqrt(1 / 3);
    const convolutions = Array.from({ length: share === 0 ? 0 : numConvolutions }, (_, index) =>
      this.child(
        String(index),
        new Convolution({ inputChannels: dim, outputChannels: dim, kernelSize: 3, gain }, generator.fork(index)),
      ),
    );
    this.#ofScale = convolutionOfScale(numScales, numConvolutions).flatMap((index) => convolutions[index] ?? []);
  }

  /** phi of a scale. */
  forward(h_BHWC: tf.Tensor4D, scale: number): tf.Tensor4D {
    const convolution = this.#ofScale[scale];
    if (convolution === undefined) return h_BHWC.clone();
    return h_BHWC.mul(1 - this.#share).add<tf.Tensor4D>(convolution.forward(h_BHWC).mul(this.#share));
  }
}

/**
 * Which of K convolutions each of S scales uses: the one whose tick is nearest to `scale / (S - 1)`, the first of equal ones.
 *
 * Some distances are equal but for their rounding (of 10 scales, the third and the eighth), and published weights were
 * trained with what NumPy's `linspace` made of them, so this does the same operations in the same order.
 */
export function convolutionOfScale(numScales: number, numConvolutions: number): number[] {
  const start = 1 / (numConvolutions === 4 ? 3 : 2) / numConvolutions;
  const step = (1 - start - start) / (numConvolutions - 1);
  const ticks = Array.from({ length: numConvolutions }, (_, index) =>
    index === 0 ? start : index === numConvolutions - 1 ? 1 - start : index * step + start,
  );
  return Array.from({ length: numScales }, (_, scale) => {
    const distances = ticks.map((tick) => Math.abs(tick - (numScales === 1 ? 0 : scale / (numScales - 1))));
    return distances.indexOf(Math.min(...distances));
  });
}
