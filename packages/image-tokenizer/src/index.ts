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
export {
  type FiniteScalarQuantizerConfig,
  finiteScalarPresets,
  type LookupFreeQuantizerConfig,
  type MultiScaleVectorQuantizerConfig,
  type QuantizerConfig,
  type QuantizerConfigInput,
  type ResidualVectorQuantizerConfig,
  resolveQuantizerConfig,
  type VectorQuantizerConfig,
} from "./quantizers/config.ts";
export { FiniteScalarQuantizer } from "./quantizers/finite-scalar-quantizer.ts";
export { quantizerFromConfig } from "./quantizers/from-config.ts";
export { LookupFreeQuantizer } from "./quantizers/lookup-free-quantizer.ts";
export { MultiScaleVectorQuantizer } from "./quantizers/multi-scale-vector-quantizer.ts";
export type {
  Quantization,
  Quantizer,
  TrainingQuantization,
  TrainingQuantizationOptions,
} from "./quantizers/quantizer.ts";
export { ResidualVectorQuantizer } from "./quantizers/residual-vector-quantizer.ts";
export { VectorQuantizer } from "./quantizers/vector-quantizer.ts";
export {
  imageTokenizerFromConfig,
  loadImageTokenizer,
  type SavedImageTokenizer,
  saveImageTokenizer,
} from "./weights.ts";
