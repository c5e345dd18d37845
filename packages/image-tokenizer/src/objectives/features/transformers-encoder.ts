/**
 * Vision transformers from the Hugging Face hub, such as DINOv2, through `@huggingface/transformers`, an optional peer. Their
 * gradients are out of TensorFlow.js's reach: they serve as frozen encoders only.
 */
// B batch, H height, W width, D channels
import { tf } from "@interfuse/tensor";
import { tensorToPictures } from "../../picture.ts";
import type { FrozenEncoder } from "./frozen-encoder.ts";
import { importPeer } from "./import-peer.ts";

/** The part of the library's tensors that is used. */
type TransformersTensor = { readonly dims: readonly number[]; readonly data: ArrayLike<number> };

/** What an encoder is made of: objects of `@huggingface/transformers`. */
export type TransformersParts = {
  /** The model's name, for figures. */
  readonly name: string;
  /** Resizes and normalises a list of `RawImage`s. */
  readonly processor: (images: unknown[]) => Promise<{ readonly pixel_values: TransformersTensor }>;
  /** Gives `last_hidden_state`, `[B, tokens, D]`. */
  readonly model: ((inputs: object) => Promise<{ readonly last_hidden_state?: TransformersTensor }>) & {
    readonly config?: { readonly patch_size?: number };
  };
  readonly RawImage: new (data: Uint8ClampedArray, width: number, height: number, channels: number) => unknown;
};

/**
 * A frozen encoder of loaded parts. Patch tokens are the last ones: class and register tokens before them are left out.
 *
 * @throws Error (when encoding) when the model gives no `last_hidden_state`, or other numbers of tokens than its patches.
 */
export function transformersEncoder({ name, processor, model, RawImage }: TransformersParts): FrozenEncoder {
  return {
    name,
    encode: async (pixels_BHWC) => {
      const pictures = await tensorToPictures(pixels_BHWC);
      const images = pictures.map(
        ({ data, width, height }) => new RawImage(new Uint8ClampedArray(data), width, height, 3),
      );
      const { pixel_values } = await processor(images);
      const { last_hidden_state: hidden } = await model({ pixel_values });
      const patchSize = model.config?.patch_size;
      if (hidden === undefined || patchSize === undefined) {
        throw new Error(
          `transformersEncoder: ${name} must have config.patch_size (=${patchSize}) and give last_hidden_state; take a vision transformer without a head`,
        );
      }
      const [batch, numTokens, channels] = hidden.dims as [number, number, number];
      const [rows, columns] = pixel_values.dims.slice(-2).map((side) => Math.floor(side / patchSize)) as [
        number,
        number,
      ];
      const numPrefixTokens = numTokens - rows * columns;
      if (numPrefixTokens < 0) {
        throw new Error(
          `transformersEncoder: ${name} gave ${numTokens} tokens for ${rows}x${columns} patches; take a model without pooling`,
        );
      }
      return tf.tidy(() =>
        tf
          .tensor3d(Float32Array.from(hidden.data), [batch, numTokens, channels])
          .slice([0, numPrefixTokens, 0], [batch, rows * columns, channels])
          .reshape([batch, rows, columns, channels]),
      );
    },
  };
}

/** The library's exports that are used. */
type TransformersLibrary = {
  readonly AutoProcessor: { from_pretrained(name: string): Promise<TransformersParts["processor"]> };
  readonly AutoModel: { from_pretrained(name: string, options?: object): Promise<TransformersParts["model"]> };
  readonly RawImage: TransformersParts["RawImage"];
};

/**
 * Loads a model by its name on the hub or its folder.
 *
 * @param options Passed to `AutoModel.from_pretrained` (`dtype`, `device`, `revision`).
 * @throws Error when `@huggingface/transformers` is not installed; what the library throws when the model cannot be loaded.
 */
export async function loadTransformersEncoder(name: string, options: object = {}): Promise<FrozenEncoder> {
  const library = await importPeer<TransformersLibrary>("@huggingface/transformers", "loadTransformersEncoder");
  const [processor, model] = await Promise.all([
    library.AutoProcessor.from_pretrained(name),
    library.AutoModel.from_pretrained(name, options),
  ]);
  return transformersEncoder({ name, processor, model, RawImage: library.RawImage });
}
