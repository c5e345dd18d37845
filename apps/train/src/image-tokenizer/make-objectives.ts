/** From a recipe to what its autoencoder is trained on: the terms of its loss, and its adversary. */
import {
  type AutoencoderPass,
  type Picture,
  runAutoencoder,
  runEqVae,
  sampleEqVaeBranch,
  type TrainableAutoencoder,
} from "@interfuse/image-tokenizer";
import { Generator, type tf } from "@interfuse/tensor";
import { scheduleFromConfig } from "@interfuse/training";
import type { AdversarySettings, EqVaeSettings, VisionAlignmentSettings } from "../recipes/image-tokenizer-loss.ts";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import type { AutoencoderTerms } from "./autoencoder-task.ts";
import { checkPerceptual } from "./check-objectives.ts";
import { type Adversary, makeAdversary } from "./objectives/adversary.ts";
import { equivarianceTerm } from "./objectives/equivariance-term.ts";
import type { FeatureNetworks } from "./objectives/feature-networks.ts";
import { perceptualTerm, pixelTerm } from "./objectives/fidelity-terms.ts";
import type { LossTerm, WeighedPass } from "./objectives/loss-term.ts";
import { scaleEquivarianceTerm } from "./objectives/scale-equivariance-term.ts";
import { visionAlignmentTerm } from "./objectives/vision-alignment-term.ts";
import { teacherFeatures } from "./picture-batches.ts";
import type { TrainedAutoencoder } from "./trained-autoencoder.ts";

/** What a run is trained on; the feature networks stay the caller's. */
export type Objectives = {
  readonly terms: AutoencoderTerms;
  readonly adversary: Adversary | undefined;
  dispose(): void;
};

/** What objectives are made of. */
export type ObjectiveParts = {
  readonly recipe: ImageTokenizerRecipe;
  readonly autoencoder: TrainedAutoencoder;
  readonly networks: FeatureNetworks;
  /** Some of the pictures, by which a teacher's channels are counted. */
  readonly pictures: readonly Picture[];
};

/** Makes all objectives of a recipe. @throws RangeError when one does not go with the autoencoder or the size of the pictures. */
export async function makeObjectives(parts: ObjectiveParts): Promise<Objectives> {
  const { recipe, autoencoder, networks } = parts;
  const { loss } = recipe;
  const fidelity: LossTerm[] = [pixelTerm(loss.reconstruction)];
  if (loss.perceptual !== null && networks.perceptual !== undefined) {
    checkPerceptual(networks.perceptual, recipe, autoencoder);
    fidelity.push(perceptualTerm(networks.perceptual, loss.perceptual.weight));
  }
  const teacherChannels = await countTeacherChannels(parts);
  const adversary = loss.adversary === null ? undefined : adversaryOf(loss.adversary, parts);
  const shaping: LossTerm<WeighedPass>[] = [];
  if (loss.scaleEquivariance !== null) shaping.push(scaleEquivarianceTerm(loss.scaleEquivariance, loss.reconstruction));
  if (loss.equivariance !== null) shaping.push(equivarianceTerm(loss.equivariance, loss.reconstruction));
  if (loss.visionAlignment !== null) shaping.push(alignmentOf(loss.visionAlignment, { ...parts, teacherChannels }));
  if (adversary !== undefined) shaping.push(adversary.term);
  return {
    terms: { fidelity, shaping, run: loss.eqVae === null ? runAutoencoder : equivariantRun(loss.eqVae, autoencoder) },
    adversary,
    dispose: () => {
      adversary?.dispose();
      for (const { module } of shaping) module?.dispose();
    },
  };
}

/** Channels of what the teacher sees in a picture; 0 without a teacher. */
async function countTeacherChannels({ networks, pictures }: ObjectiveParts): Promise<number> {
  if (networks.teacher === undefined) return 0;
  return (await teacherFeatures(networks.teacher, pictures.slice(0, 1))).shape[3];
}

function alignmentOf(
  settings: VisionAlignmentSettings,
  { recipe, autoencoder, teacherChannels }: ObjectiveParts & { readonly teacherChannels: number },
): LossTerm<WeighedPass> {
  return visionAlignmentTerm({
    settings,
    latentChannels: autoencoder.latentChannels,
    teacherChannels,
    lastLayer: parameterOf(autoencoder, "encoder.output.weight"),
    generator: new Generator(recipe.seed, "vision-alignment"),
  });
}

function adversaryOf(settings: AdversarySettings, { recipe, autoencoder }: ObjectiveParts): Adversary {
  return makeAdversary({
    settings,
    autoencoder,
    lastLayer: parameterOf(autoencoder, "decoder.output.weight"),
    pictureSize: recipe.batch.pictureSize,
    schedule: scheduleFromConfig(recipe.schedule, recipe.steps),
    generator: new Generator(recipe.seed, "adversary"),
  });
}

/** EQ-VAE's run of a batch, its branch drawn for each. */
function equivariantRun(
  { equivarianceProbability, lowResolutionProbability }: EqVaeSettings,
  { downsampling }: TrainedAutoencoder,
) {
  const probabilities = { equivariance: equivarianceProbability, lowResolution: lowResolutionProbability };
  return (autoencoder: TrainableAutoencoder, pixels_BHWC: tf.Tensor4D, generator: Generator): AutoencoderPass => {
    const branch = sampleEqVaeBranch(generator, pixels_BHWC.shape[1] / downsampling, probabilities);
    return runEqVae(autoencoder, pixels_BHWC, { branch, downsampling });
  };
}

function parameterOf({ module }: TrainedAutoencoder, name: string): tf.Variable {
  return module.parameters().get(name) as tf.Variable;
}
