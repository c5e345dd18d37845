/**
 * The feature network that needs no download: a small convolutional encoder trained on one's own pictures to restore them
 * from noise and missing patches (denoising autoencoders, Vincent et al. 2008; context encoders, arXiv 1604.07379).
 *
 * Why this task: it needs no captions, and every pixel teaches every stage. Predicting rotations fails on pictures that look
 * alike when turned (a disc, a ring), and contrasting augmented views throws away the very colours and positions that a
 * reconstruction must keep. To restore edges and surfaces under noise of any strength the stages must tell shapes and
 * contours apart at their scale, which is what a perceptual distance compares. It is no stand-in for features that were
 * trained on millions of photographs: state it beside figures.
 */
// B batch, H height, W width, C channels, S stride of a stage
import { drawNormal, type Generator, Module, tf, withoutGradients } from "@interfuse/tensor";
import { checkChannels } from "../../checks.ts";
import { ConvolutionLayer } from "../../convolutional/convolution-layer.ts";
import { padToMultiple } from "../../padding.ts";
import { pixelLoss } from "../pixel-loss.ts";
import type { FeatureNetwork } from "./feature-network.ts";

/** Standard deviation of the strongest noise, for pixels in [-1, 1]. */
const MAX_NOISE = 0.8;
/** Side of the missing square, as a share of the picture's. */
const HOLE_SHARE = 0.25;

/** Sizes of a {@link DenoisingNetwork}. */
export type DenoisingNetworkConfig = {
  /** Channels of each stage, full resolution first; each further stage halves the picture. */
  readonly channels: readonly number[];
};

/** 400 steps of 32 pictures of 32x32 take seconds on the torch backend and two cores. */
export const DEFAULT_DENOISING_NETWORK: DenoisingNetworkConfig = { channels: [16, 32, 64] };

/** The encoder, with a linear map from each stage back to pixels that only training uses. Parameters: `stages.N.{first,second}`, `heads.N`. */
export class DenoisingNetwork extends Module implements FeatureNetwork {
  readonly name: string;
  readonly config: DenoisingNetworkConfig;
  readonly #stages: readonly (readonly [ConvolutionLayer, ConvolutionLayer])[];
  readonly #heads: readonly ConvolutionLayer[];

  /** @throws RangeError when there is no stage or a width is not a positive whole number. */
  constructor(config: DenoisingNetworkConfig, generator: Generator) {
    super();
    const { channels } = config;
    if (channels.length === 0 || !channels.every((width) => Number.isInteger(width) && width > 0)) {
      throw new RangeError(
        `DenoisingNetwork: channels (=[${channels}]) must be positive whole numbers, one for each stage`,
      );
    }
    this.config = config;
    this.name = `denoising network [${channels}]`;
    const layer = (name: string, options: { inputChannels: number; outputChannels: number; stride?: number }) => {
      const std = Math.sqrt(2 / (9 * options.inputChannels));
      return this.child(name, new ConvolutionLayer({ ...options, kernelSize: 3, std }, generator.fork(name)));
    };
    this.#stages = channels.map((outputChannels, stage) => {
      const inputChannels = channels[stage - 1] ?? 3;
      return [
        layer(`stages.${stage}.first`, { inputChannels, outputChannels, stride: stage === 0 ? 1 : 2 }),
        layer(`stages.${stage}.second`, { inputChannels: outputChannels, outputChannels }),
      ] as const;
    });
    this.#heads = channels.map((inputChannels, stage) => {
      const name = `heads.${stage}`;
      const outputChannels = 3 * 4 ** stage;
      const std = 0.5 / Math.sqrt(inputChannels * channels.length);
      return this.child(
        name,
        new ConvolutionLayer({ inputChannels, outputChannels, kernelSize: 1, std }, generator.fork(name)),
      );
    });
  }

  features(pixels_BHWC: tf.Tensor4D): tf.Tensor4D[] {
    checkChannels("DenoisingNetwork", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    let hidden = padToMultiple(pixels_BHWC, 2 ** (this.#stages.length - 1));
    return this.#stages.map(([first, second]) => {
      hidden = tf.relu(second.forward(tf.relu(first.forward(hidden))));
      return hidden;
    });
  }

  /** Clean pixels guessed from damaged ones `[B, H, W, 3]`: the sum of what each stage makes of its features. */
  restore(damaged_BHWC: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const guesses = this.features(damaged_BHWC).map((map, stage) =>
        spread((this.#heads[stage] as ConvolutionLayer).forward(map), 2 ** stage),
      );
      return tf.addN(guesses) as tf.Tensor4D;
    });
  }
}

/**
 * The sum of squared errors of pictures restored from noise (of a strength drawn for each, up to 0.8) and a grey square;
 * differentiable in the network's parameters.
 *
 * @throws RangeError when the stages do not divide the pixels' sides.
 */
export function denoisingLoss(network: DenoisingNetwork, pixels_BHWC: tf.Tensor4D, generator: Generator) {
  const [, height, width] = pixels_BHWC.shape;
  const multiple = 2 ** (network.config.channels.length - 1);
  if (height % multiple !== 0 || width % multiple !== 0) {
    throw new RangeError(
      `denoisingLoss: height (=${height}) and width (=${width}) must be divisible by ${multiple}; crop the pictures`,
    );
  }
  return pixelLoss(network.restore(damage(pixels_BHWC, generator)), pixels_BHWC, "l2");
}

function damage(pixels_BHWC: tf.Tensor4D, generator: Generator): tf.Tensor4D {
  const [batch, height, width] = pixels_BHWC.shape;
  return withoutGradients(() => {
    const strengths = generator.uniformArray(batch).map((share) => share * MAX_NOISE);
    const noise = drawNormal([{ generator, count: pixels_BHWC.size }])
      .reshape<tf.Tensor4D>(pixels_BHWC.shape)
      .mul(tf.tensor4d(strengths, [batch, 1, 1, 1]));
    const isKept = new Float32Array(batch * height * width).fill(1);
    const [holeHeight, holeWidth] = [height, width].map((side) => Math.ceil(side * HOLE_SHARE)) as [number, number];
    for (let picture = 0; picture < batch; picture++) {
      const top = generator.integer(height - holeHeight + 1);
      const left = generator.integer(width - holeWidth + 1);
      for (let y = top; y < top + holeHeight; y++) {
        const row = (picture * height + y) * width;
        isKept.fill(0, row + left, row + left + holeWidth);
      }
    }
    return pixels_BHWC.add(noise).mul<tf.Tensor4D>(tf.tensor4d(isKept, [batch, height, width, 1]));
  });
}

/** Channels to places: `[B, H, W, S * S * 3]` to `[B, S H, S W, 3]`. */
function spread(x_BHWC: tf.Tensor4D, stride: number): tf.Tensor4D {
  const [batch, height, width] = x_BHWC.shape;
  return x_BHWC
    .reshape([batch * height, width, stride, stride * 3])
    .transpose([0, 2, 1, 3])
    .reshape([batch, height * stride, width * stride, 3]);
}
