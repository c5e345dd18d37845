/**
 * An image tokenizer's folder, the same files as in a model's `image_tokenizer/`: `config.json`, `model.safetensors`. It is
 * read as well where others published it: diffusers' `vae` folders, and LlamaGen's weights with a config.
 */
import { directorySource } from "@interfuse/data";
import { type ImageTokenizer, loadImageTokenizer, saveImageTokenizer } from "@interfuse/image-tokenizer";
import { type FileSink, type HostTensor, readSafetensors, writeSafetensors } from "@interfuse/tensor";

/** Names of the weights: ours, and diffusers'. */
const WEIGHTS = ["model.safetensors", "diffusion_pytorch_model.safetensors"] as const;

/** Writes the folder's files. */
export async function writeImageTokenizer(sink: FileSink, tokenizer: ImageTokenizer): Promise<void> {
  const { config, tensors } = await saveImageTokenizer(tokenizer);
  await sink.write(WEIGHTS[0], writeSafetensors(tensors));
  await sink.write("config.json", new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
}

/**
 * Reads the folder.
 * @throws Error naming the folder and what is wrong with it.
 */
export async function readImageTokenizer(folder: string): Promise<ImageTokenizer> {
  const source = directorySource(folder);
  if (!(await source.exists("config.json"))) {
    throw new Error(
      `readImageTokenizer: no image tokenizer in "${folder}"; train one with "interfuse train image-tokenizer --out ${folder}"`,
    );
  }
  try {
    const config: unknown = JSON.parse(new TextDecoder().decode(await source.read("config.json")));
    for (const name of WEIGHTS) {
      if (!(await source.exists(name))) continue;
      return loadImageTokenizer({ config, tensors: readSafetensors(await source.read(name)).tensors });
    }
    return loadImageTokenizer({ config, tensors: new Map<string, HostTensor>() });
  } catch (cause) {
    throw new Error(`readImageTokenizer: "${folder}" is not a usable image tokenizer (${(cause as Error).message})`, {
      cause,
    });
  }
}
