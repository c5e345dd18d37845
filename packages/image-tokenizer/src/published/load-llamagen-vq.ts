import { BlankGenerator } from "@interfuse/tensor";
import { llamaGenConfig } from "./llamagen-config.ts";
import { LlamaGenVq } from "./llamagen-vq.ts";
import type { PublishedModel } from "./load-autoencoder-kl.ts";
import { llamaGenNames } from "./names.ts";
import { loadPublished } from "./tensors.ts";

/** Indices that training drew last; not a weight. */
const IGNORED = ["quantize.codebook_used"];

/**
 * A vector-quantized tokenizer with LlamaGen's weights: its state dict as safetensors, and the fields of its `ModelArgs`
 * that differ from their defaults, such as `llamaGenConfigs["VQ-16"]`.
 *
 * @throws RangeError naming every config field or tensor that does not fit, with both values.
 */
export function loadLlamaGenVq({ config, tensors }: PublishedModel): LlamaGenVq {
  const tokenizer = new LlamaGenVq(llamaGenConfig(config), new BlankGenerator());
  try {
    const layout = { names: llamaGenNames(tokenizer.config.levelChannels.length), ignored: IGNORED };
    loadPublished("loadLlamaGenVq", tokenizer, { tensors, layout });
  } catch (error) {
    tokenizer.dispose();
    throw error;
  }
  return tokenizer;
}
