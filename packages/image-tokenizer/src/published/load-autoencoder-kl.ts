import { BlankGenerator, type HostTensor } from "@interfuse/tensor";
import { autoencoderKlConfig } from "./autoencoder-kl-config.ts";
import { autoencoderKlNames } from "./names.ts";
import { StableDiffusionVae } from "./stable-diffusion-vae.ts";
import { loadPublished } from "./tensors.ts";

/** A published model: its parsed config file, and the tensors of its safetensors file (`readSafetensors`). */
export type PublishedModel = { readonly config: unknown; readonly tensors: ReadonlyMap<string, HostTensor> };

/**
 * A KL autoencoder from diffusers' files: `config.json` of class AutoencoderKL and `diffusion_pytorch_model.safetensors`,
 * as Stable Diffusion 1 to 3, SDXL and FLUX have them. It can be trained on like any other.
 *
 * @throws RangeError naming every config field or tensor that does not fit, with both values.
 */
export function loadAutoencoderKl({ config, tensors }: PublishedModel): StableDiffusionVae {
  const vae = new StableDiffusionVae(autoencoderKlConfig(config), new BlankGenerator());
  try {
    const layout = { names: autoencoderKlNames(vae.config.levelChannels.length) };
    loadPublished("loadAutoencoderKl", vae, { tensors, layout });
  } catch (error) {
    vae.dispose();
    throw error;
  }
  return vae;
}
