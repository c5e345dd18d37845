/** Tokenizers as a config and host tensors, which is what a model folder's `config.json` and `model.safetensors` hold. */
import { BlankGenerator, type Generator, type HostTensor, Module } from "@interfuse/tensor";
import { z } from "zod";
import type { ImageTokenizer, ImageTokenizerConfig } from "./image-tokenizer.ts";
import type { KlAutoencoderConfigInput } from "./kl-autoencoder/config.ts";
import { KlAutoencoder } from "./kl-autoencoder/kl-autoencoder.ts";
import { PixelTokenizer } from "./pixel-tokenizer.ts";
import { LlamaGenVq, type LlamaGenVqConfigInput } from "./published/llamagen-vq.ts";
import { loadAutoencoderKl } from "./published/load-autoencoder-kl.ts";
import { loadLlamaGenVq } from "./published/load-llamagen-vq.ts";
import { StableDiffusionVae, type StableDiffusionVaeConfigInput } from "./published/stable-diffusion-vae.ts";
import type { QuantizedAutoencoderConfigInput } from "./quantized-autoencoder/config.ts";
import { QuantizedAutoencoder } from "./quantized-autoencoder/quantized-autoencoder.ts";

/** A tokenizer apart from any file. */
export type SavedImageTokenizer = {
  readonly config: ImageTokenizerConfig;
  /** f32 weights by name; empty for pixels. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
};

const pixelSchema = z.strictObject({ type: z.literal("pixels") });

/**
 * A new tokenizer with initial weights.
 *
 * @param config As a tokenizer's `config`, or parsed from JSON.
 * @param generator Initial weights; not used for pixels.
 * @throws TypeError when the type is unknown or a field does not belong; RangeError when a field is wrong.
 */
export function imageTokenizerFromConfig(config: unknown, generator: Generator): ImageTokenizer {
  const type = (config as { type?: unknown } | null | undefined)?.type;
  switch (type) {
    case "kl-autoencoder":
      return new KlAutoencoder(config as KlAutoencoderConfigInput, generator);
    case "quantized-autoencoder":
      return new QuantizedAutoencoder(config as QuantizedAutoencoderConfigInput, generator);
    case "stable-diffusion-vae":
      return new StableDiffusionVae(config as StableDiffusionVaeConfigInput, generator);
    case "llamagen-vq":
      return new LlamaGenVq(config as LlamaGenVqConfigInput, generator);
    case "pixels":
      return pixelTokenizer(config);
    default:
      throw new TypeError(
        `imageTokenizerFromConfig: type (=${JSON.stringify(type)}) must be "pixels", "kl-autoencoder", "quantized-autoencoder", "stable-diffusion-vae" or "llamagen-vq"`,
      );
  }
}

function pixelTokenizer(config: unknown): PixelTokenizer {
  const parsed = pixelSchema.safeParse(config);
  if (!parsed.success) {
    throw new TypeError(`imageTokenizerFromConfig: ${parsed.error.issues[0]?.message}; pixels need only a type`, {
      cause: parsed.error,
    });
  }
  return new PixelTokenizer();
}

/** Config and weights of a tokenizer, copied to the host. */
export async function saveImageTokenizer(tokenizer: ImageTokenizer): Promise<SavedImageTokenizer> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, variable] of tokenizer.state()) {
    const data = Float32Array.from(await variable.data());
    tensors.set(name, { dtype: "F32", shape: [...variable.shape], data });
  }
  return { config: tokenizer.config, tensors };
}

/**
 * Rebuilds a tokenizer, or loads a published one: the config of a diffusers AutoencoderKL or of LlamaGen's VQModel is
 * known by its fields.
 *
 * @throws as {@link imageTokenizerFromConfig}, {@link loadAutoencoderKl} and {@link loadLlamaGenVq}, and when a tensor is
 *   missing, unknown or of the wrong shape.
 */
export function loadImageTokenizer({
  config,
  tensors,
}: {
  config: unknown;
  tensors: SavedImageTokenizer["tensors"];
}): ImageTokenizer {
  if (hasField(config, "_class_name")) return loadAutoencoderKl({ config, tensors });
  if (hasField(config, "encoder_ch_mult")) return loadLlamaGenVq({ config, tensors });
  const tokenizer = imageTokenizerFromConfig(config, new BlankGenerator());
  try {
    if (tokenizer instanceof Module) tokenizer.loadParameters(tensors);
  } catch (error) {
    tokenizer.dispose();
    throw error;
  }
  return tokenizer;
}

function hasField(config: unknown, name: string): boolean {
  return typeof config === "object" && config !== null && Object.hasOwn(config, name);
}
