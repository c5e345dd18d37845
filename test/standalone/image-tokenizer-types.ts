/** Compiled, never run: the types that the packages bring, as a user's program sees them. */
import {
  type DiscreteImageTokenizer,
  type ImageTokenizer,
  isDiscrete,
  KlAutoencoder,
  klAutoencoderRecipes,
  quantizerFromConfig,
} from "@interfuse/image-tokenizer";
import { Generator, tf, useBackend } from "@interfuse/tensor";

const report: { backend: string } = await useBackend();
const tokenizer: ImageTokenizer = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(0));
const latents: tf.Tensor4D = tokenizer.encode(tf.zeros([1, 8, 8, 3]));
const { codes, indices } = quantizerFromConfig({ type: "lookup-free", dim: 4 }, new Generator(0)).quantize(latents);
const discrete: DiscreteImageTokenizer | undefined = isDiscrete(tokenizer) ? tokenizer : undefined;
// @ts-expect-error pixels are a tensor
tokenizer.encode([0, 0, 0]);
export const everything = [report.backend, codes.shape, indices.dtype, discrete?.numCodes];
