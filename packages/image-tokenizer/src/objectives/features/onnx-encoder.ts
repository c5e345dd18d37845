/**
 * Any vision network exported to ONNX, through `onnxruntime-node` or `onnxruntime-web`, optional peers. Gradients are out of
 * TensorFlow.js's reach: such networks serve as frozen encoders only.
 */
// B batch, H height, W width, D channels
import { tf } from "@interfuse/tensor";
import { resizeBilinear } from "../resample.ts";
import type { FrozenEncoder } from "./frozen-encoder.ts";
import { importPeer } from "./import-peer.ts";

/** The part of the runtime's tensors that is used. */
type OnnxTensor = { readonly dims: readonly number[]; readonly data: ArrayLike<number> };

/** The part of the runtime that is used. */
export type OnnxRuntime = {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OnnxTensor;
  readonly InferenceSession: { create(model: Uint8Array): Promise<OnnxSession> };
};

type OnnxSession = {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
};

/** How a network wants its pixels and gives its features. */
export type OnnxEncoderOptions = {
  /** What to state beside figures. */
  readonly name: string;
  /** Side that pictures are resized to. */
  readonly size: number;
  /** Subtracted from pixel values in [0, 1], then divided by; ImageNet's by default. */
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  /** The output to take; the first by default: `[B, D, h, w]`, or `[B, D]` as one place. */
  readonly output?: string;
  /** Default `onnxruntime-node`. */
  readonly runtime?: "onnxruntime-node" | "onnxruntime-web";
};

/**
 * Loads a network from the bytes of its `.onnx` file; its first input takes `[B, 3, size, size]`.
 *
 * @throws Error when the runtime is not installed, or (when encoding) the output is missing or of another rank.
 */
export async function loadOnnxEncoder(model: Uint8Array, options: OnnxEncoderOptions): Promise<FrozenEncoder> {
  const { runtime = "onnxruntime-node" } = options;
  const library = await importPeer<OnnxRuntime & { readonly default?: OnnxRuntime }>(runtime, "loadOnnxEncoder");
  return onnxEncoder(library.default ?? library, model, options);
}

/** As {@link loadOnnxEncoder}, with the runtime given. */
export async function onnxEncoder(
  { Tensor, InferenceSession }: OnnxRuntime,
  model: Uint8Array,
  options: OnnxEncoderOptions,
): Promise<FrozenEncoder> {
  const { name, size, mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225], output } = options;
  const session = await InferenceSession.create(model);
  const inputName = session.inputNames[0] as string;
  const outputName = output ?? (session.outputNames[0] as string);
  return {
    name,
    encode: async (pixels_BHWC) => {
      const input_BCHW = tf.tidy(() =>
        resizeBilinear(pixels_BHWC, { height: size, width: size })
          .add(1)
          .div(2)
          .sub(tf.tensor1d([...mean]))
          .div(tf.tensor1d([...std]))
          .transpose([0, 3, 1, 2]),
      );
      const values = Float32Array.from(await input_BCHW.data());
      const { shape } = input_BCHW;
      input_BCHW.dispose();
      const features = (await session.run({ [inputName]: new Tensor("float32", values, shape) }))[outputName];
      if (features === undefined || (features.dims.length !== 4 && features.dims.length !== 2)) {
        throw new Error(
          `onnxEncoder: output "${outputName}" of ${name} (dims [${features?.dims}]) must be [B, D, h, w] or [B, D]; the outputs are ${session.outputNames.join(", ")}`,
        );
      }
      const [batch, channels, height = 1, width = 1] = features.dims as [number, number, number?, number?];
      return tf.tidy(() =>
        tf.transpose(tf.tensor4d(Float32Array.from(features.data), [batch, channels, height, width]), [0, 2, 3, 1]),
      );
    },
  };
}
