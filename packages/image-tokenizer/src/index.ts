export type { ConvolutionalSizes } from "./convolutional/sizes.ts";
export {
  type DiscreteImageTokenizer,
  type ImageTokenizer,
  type ImageTokenizerConfig,
  isDiscrete,
} from "./image-tokenizer.ts";
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
export {
  type QuantizedAutoencoderConfig,
  type QuantizedAutoencoderConfigInput,
  resolveQuantizedAutoencoderConfig,
} from "./quantized-autoencoder/config.ts";
export {
  type QuantizedAutoencoderLoss,
  type QuantizedAutoencoderLossOptions,
  quantizedAutoencoderLoss,
} from "./quantized-autoencoder/loss.ts";
export { QuantizedAutoencoder } from "./quantized-autoencoder/quantized-autoencoder.ts";
export { quantizedAutoencoderRecipes } from "./quantized-autoencoder/recipes.ts";
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
