export type { ConvolutionalSizes } from "./convolutional/sizes.ts";
export {
  type DiscreteImageTokenizer,
  type ImageTokenizer,
  type ImageTokenizerConfig,
  isDiscrete,
  type SteppedDiscreteTokenizer,
  type SteppedTokenizer,
} from "./image-tokenizer.ts";
export {
  type KlAutoencoderConfig,
  type KlAutoencoderConfigInput,
  klAutoencoderRecipes,
  resolveKlAutoencoderConfig,
} from "./kl-autoencoder/config.ts";
export { KlAutoencoder } from "./kl-autoencoder/kl-autoencoder.ts";
export { type GaussianAutoencoder, KlTokenizer, type LatentPosterior } from "./kl-autoencoder/kl-tokenizer.ts";
export { KL_WEIGHT, type KlAutoencoderLoss, klAutoencoderLoss, klLoss } from "./kl-autoencoder/loss.ts";
export { decodeLarge, encodeLarge, encodeLargeToIndices, type LargePictureOptions } from "./large/large-pictures.ts";
export { type LatentStatistics, measureLatentStatistics } from "./latent-statistics.ts";
export { type AdaptiveWeightInputs, adaptiveWeight } from "./objectives/adaptive-weight.ts";
export type { Discriminator, RealAndFake } from "./objectives/adversary/discriminator.ts";
export { type PenalisedScores, scoresWithPenalty } from "./objectives/adversary/gradient-penalty.ts";
export { type HingeLoss, hingeDiscriminatorLoss, hingeGeneratorLoss } from "./objectives/adversary/hinge-loss.ts";
export { PatchDiscriminator, type PatchDiscriminatorConfig } from "./objectives/adversary/patch-discriminator.ts";
export {
  type RelativisticDiscriminatorLoss,
  relativisticDiscriminatorLoss,
  relativisticGeneratorLoss,
} from "./objectives/adversary/relativistic-loss.ts";
export {
  ResidualDiscriminator,
  type ResidualDiscriminatorConfig,
} from "./objectives/adversary/residual-discriminator.ts";
export { TWICE_DIFFERENTIABLE_KERNELS } from "./objectives/adversary/twice-differentiable.ts";
export {
  type AutoencoderPass,
  runAutoencoder,
  type TrainableAutoencoder,
  type TrainableQuantizedOptions,
  trainableKl,
  trainableQuantized,
} from "./objectives/autoencoder-pass.ts";
export {
  type EqVaeBranch,
  type EqVaeProbabilities,
  runEqVae,
  sampleEqVaeBranch,
} from "./objectives/eq-vae.ts";
export { type EquivarianceLoss, equivarianceLoss } from "./objectives/equivariance.ts";
export {
  DEFAULT_DENOISING_NETWORK,
  DenoisingNetwork,
  type DenoisingNetworkConfig,
  denoisingLoss,
} from "./objectives/features/denoising-network.ts";
export { loadDenoisingNetwork, saveDenoisingNetwork } from "./objectives/features/denoising-network-file.ts";
export type { FeatureNetwork } from "./objectives/features/feature-network.ts";
export { type FrozenEncoder, frozenNetworkEncoder } from "./objectives/features/frozen-encoder.ts";
export { LpipsVgg16 } from "./objectives/features/lpips-vgg16.ts";
export {
  loadOnnxEncoder,
  type OnnxEncoderOptions,
  type OnnxRuntime,
  onnxEncoder,
} from "./objectives/features/onnx-encoder.ts";
export { type DenoisingTraining, trainDenoisingNetwork } from "./objectives/features/train-denoising-network.ts";
export {
  loadTransformersEncoder,
  type TransformersParts,
  transformersEncoder,
} from "./objectives/features/transformers-encoder.ts";
export { type GridChange, sampleGridChange, smallestNumerator } from "./objectives/grid-change.ts";
export { type PerceptualLoss, perceptualDistances, perceptualLoss } from "./objectives/perceptual-loss.ts";
export { type PixelDistance, type PixelLoss, pixelLoss } from "./objectives/pixel-loss.ts";
export { resizeBilinear, rotateQuarterTurns } from "./objectives/resample.ts";
export {
  type LatentsOfPixels,
  SCALE_EQUIVARIANCE_WEIGHT,
  scaleEquivarianceLoss,
} from "./objectives/scale-equivariance.ts";
export {
  VisionAlignment,
  type VisionAlignmentLoss,
  visionAlignmentLoss,
} from "./objectives/vision-alignment.ts";
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
export { addPngText, readPngText } from "./png/png-text.ts";
export { writePng } from "./png/write-png.ts";
export { llamaGenConfigs } from "./published/llamagen-config.ts";
export {
  LlamaGenVq,
  type LlamaGenVqConfig,
  type LlamaGenVqConfigInput,
  resolveLlamaGenVqConfig,
} from "./published/llamagen-vq.ts";
export { loadAutoencoderKl, type PublishedModel } from "./published/load-autoencoder-kl.ts";
export { loadLlamaGenVq } from "./published/load-llamagen-vq.ts";
export {
  resolveStableDiffusionVaeConfig,
  StableDiffusionVae,
  type StableDiffusionVaeConfig,
  type StableDiffusionVaeConfigInput,
} from "./published/stable-diffusion-vae.ts";
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
export { QuantizedTokenizer, type TrainableQuantized } from "./quantized-autoencoder/quantized-tokenizer.ts";
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
