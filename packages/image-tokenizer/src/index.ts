export type { ConvolutionalSizes } from "./convolutional/sizes.ts";
export type { ImageTokenizer, ImageTokenizerConfig, SteppedTokenizer } from "./image-tokenizer.ts";
export {
  type KlAutoencoderConfig,
  type KlAutoencoderConfigInput,
  klAutoencoderRecipes,
  resolveKlAutoencoderConfig,
} from "./kl-autoencoder/config.ts";
export { KlAutoencoder } from "./kl-autoencoder/kl-autoencoder.ts";
export { KlTokenizer, type LatentPosterior } from "./kl-autoencoder/kl-tokenizer.ts";
export { KL_WEIGHT, type KlAutoencoderLoss, klAutoencoderLoss } from "./kl-autoencoder/loss.ts";
export { decodeLarge, encodeLarge, type LargePictureOptions } from "./large/large-pictures.ts";
export { type LatentStatistics, measureLatentStatistics } from "./latent-statistics.ts";
export { cropTo, padToMultiple } from "./padding.ts";
export {
  type Picture,
  type PictureSize,
  picturesToTensor,
  pictureToPixels,
  pixelsToPicture,
  tensorToPictures,
} from "./picture.ts";
export { PixelTokenizer, type PixelTokenizerConfig } from "./pixel-tokenizer.ts";
export { loadAutoencoderKl, type PublishedModel } from "./published/load-autoencoder-kl.ts";
export {
  resolveStableDiffusionVaeConfig,
  StableDiffusionVae,
  type StableDiffusionVaeConfig,
  type StableDiffusionVaeConfigInput,
} from "./published/stable-diffusion-vae.ts";
export { type Assignment, Assignments } from "./quantizers/assignments.ts";
export type {
  FiniteScalarQuantizerConfig,
  LookupFreeQuantizerConfig,
  MultiScaleVectorQuantizerConfig,
  QuantizerConfig,
  ResidualVectorQuantizerConfig,
  VectorQuantizerConfig,
} from "./quantizers/config.ts";
export type {
  Quantization,
  Quantizer,
  TrainingQuantization,
  TrainingQuantizationOptions,
} from "./quantizers/quantizer.ts";
export {
  imageTokenizerFromConfig,
  loadImageTokenizer,
  type SavedImageTokenizer,
  saveImageTokenizer,
} from "./weights.ts";
