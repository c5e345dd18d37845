/**
 * LPIPS on VGG16 (Zhang et al., arXiv 1801.03924) from weights that a user has: torchvision's VGG16 and the metric's linear
 * heads, converted to safetensors or exported to ONNX (`readOnnxTensors`) without renaming. Pixels in [-1, 1] are shifted and scaled as the metric's are; features
 * are those after relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3.
 *
 * Names: `features.N.{weight,bias}` (torchvision) or `net.sliceK.N.{weight,bias}` (lpips), and, for the heads,
 * `linK.model.1.weight`. Without heads all channels weigh 1. Layer widths are read off the tensors.
 */
// B batch, H height, W width, I input channels, O output channels
import { conv2d, type HostTensor, hostTensorToFloat32, tf } from "@interfuse/tensor";
import { checkChannels } from "../../checks.ts";
import type { FeatureNetwork } from "./feature-network.ts";

/** torchvision's indices of the convolutions; a slice's last one is followed by relu, and by pooling but for the last slice. */
const SLICES = [
  [0, 2],
  [5, 7],
  [10, 12, 14],
  [17, 19, 21],
  [24, 26, 28],
] as const;
const SHIFT = [-0.03, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.45];
/** Halved four times, a side must keep a pixel. */
const SMALLEST_SIDE = 16;
/** Parts of published files that features and heads do not need. */
const IGNORED = /^(classifier\.|scaling_layer\.|lins\.)/;

type Convolution = { readonly weight: tf.Tensor4D; readonly bias: tf.Tensor1D };

/** VGG16 with LPIPS's weights, frozen. */
export class LpipsVgg16 implements FeatureNetwork {
  readonly name: string;
  readonly channelWeights: readonly tf.Tensor1D[] | undefined;
  readonly #slices: readonly (readonly Convolution[])[];

  /**
   * @param tensors VGG16's tensors and, where wanted, the heads', in one map.
   * @throws RangeError listing what is missing, unknown or of the wrong shape.
   */
  constructor(tensors: ReadonlyMap<string, HostTensor>) {
    const reader = new NamedTensors(tensors);
    let inputChannels = 3;
    const slices = SLICES.map((indices, slice) =>
      indices.map((index) => {
        const prefix = tensors.has(`features.${index}.weight`) ? `features.${index}` : `net.slice${slice + 1}.${index}`;
        const outputChannels = reader.firstSide(`${prefix}.weight`);
        const weight = reader.take(`${prefix}.weight`, [outputChannels, inputChannels, 3, 3]);
        const bias = reader.take(`${prefix}.bias`, [outputChannels]);
        inputChannels = outputChannels;
        return { weight, bias, outputChannels };
      }),
    );
    const widths = slices.map((slice) => slice.at(-1)?.outputChannels as number);
    const hasHeads = tensors.has("lin0.model.1.weight");
    const heads = hasHeads ? widths.map((width, k) => reader.take(`lin${k}.model.1.weight`, [1, width, 1, 1])) : [];
    reader.check();
    this.name = hasHeads ? "LPIPS VGG16" : "VGG16";
    this.#slices = slices.map((slice) =>
      slice.map(({ weight, bias }) => ({
        weight: tf.tidy(() => tf.transpose(toTensor(weight) as tf.Tensor4D, [2, 3, 1, 0])),
        bias: toTensor(bias) as tf.Tensor1D,
      })),
    );
    this.channelWeights = hasHeads ? heads.map((head) => tf.tensor1d(hostTensorToFloat32(head))) : undefined;
  }

  /** @throws RangeError when the channels are not 3 or a side is below 16. */
  features(pixels_BHWC: tf.Tensor4D): tf.Tensor4D[] {
    checkChannels("LpipsVgg16", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    const [, height, width] = pixels_BHWC.shape;
    if (Math.min(height, width) < SMALLEST_SIDE) {
      throw new RangeError(
        `LpipsVgg16: pixels of ${height}x${width} must be at least ${SMALLEST_SIDE}x${SMALLEST_SIDE}; enlarge them`,
      );
    }
    let hidden = pixels_BHWC.sub(tf.tensor1d(SHIFT)).div<tf.Tensor4D>(tf.tensor1d(SCALE));
    return this.#slices.map((slice, index) => {
      if (index > 0) hidden = tf.maxPool(hidden, 2, 2, "valid");
      for (const { weight, bias } of slice) hidden = tf.relu(conv2d(hidden, weight, { bias, ...SAME }));
      return hidden;
    });
  }

  dispose(): void {
    const convolutions = this.#slices.flat().flatMap(({ weight, bias }) => [weight, bias]);
    tf.dispose([...convolutions, ...(this.channelWeights ?? [])]);
  }
}

const SAME = {
  strides: [1, 1] as [number, number],
  padding: [
    [1, 1],
    [1, 1],
  ] as [[number, number], [number, number]],
};

function toTensor(tensor: HostTensor): tf.Tensor {
  return tf.tensor(hostTensorToFloat32(tensor), tensor.shape);
}

/** Takes tensors by name and gathers what does not fit, so that one error names everything. */
class NamedTensors {
  readonly #tensors: ReadonlyMap<string, HostTensor>;
  readonly #taken = new Set<string>();
  readonly #problems: string[] = [];

  constructor(tensors: ReadonlyMap<string, HostTensor>) {
    this.#tensors = tensors;
  }

  /** The first side of a tensor, 0 when it is missing. */
  firstSide(name: string): number {
    return this.#tensors.get(name)?.shape[0] ?? 0;
  }

  /** The tensor; an empty one when it does not fit. */
  take(name: string, shape: readonly number[]): HostTensor {
    this.#taken.add(name);
    const tensor = this.#tensors.get(name);
    if (tensor !== undefined && tensor.shape.join() === shape.join()) return tensor;
    this.#problems.push(
      tensor === undefined ? `"${name}" is missing` : `"${name}" has shape [${tensor.shape}] instead of [${shape}]`,
    );
    return { dtype: "F32", shape: [0], data: new Float32Array(0) };
  }

  /** @throws RangeError unless every tensor was there, fitted and was wanted. */
  check(): void {
    const unknown = [...this.#tensors.keys()].filter((name) => !this.#taken.has(name) && !IGNORED.test(name));
    const problems = [...this.#problems, ...unknown.map((name) => `"${name}" is unknown`)];
    if (problems.length > 0) {
      throw new RangeError(
        `LpipsVgg16: the tensors are not torchvision's VGG16 with LPIPS heads: ${problems.slice(0, 8).join("; ")}${problems.length > 8 ? `; and ${problems.length - 8} more` : ""}`,
      );
    }
  }
}
