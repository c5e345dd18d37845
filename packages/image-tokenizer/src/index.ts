export type { ConvolutionalSizes } from "./convolutional/sizes.ts";
export type { ImageTokenizer, ImageTokenizerConfig } from "./image-tokenizer.ts";
export {
  type KlAutoencoderConfig,
  type KlAutoencoderConfigInput,
  klAutoencoderRecipes,
  resolveKlAutoencoderConfig,
} from "./kl-autoencoder/config.ts";
export { KlAutoencoder, type LatentPosterior } from "./kl-autoencoder/kl-autoencoder.ts";
export { KL_WEIGHT, type KlAutoencoderLoss, klAutoencoderLoss } from "./kl-autoencoder/loss.ts";
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
