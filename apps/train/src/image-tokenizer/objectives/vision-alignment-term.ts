import { adaptiveWeight, VisionAlignment, visionAlignmentLoss } from "@interfuse/image-tokenizer";
import { type Generator, tf } from "@interfuse/tensor";
import type { VisionAlignmentSettings } from "../../recipes/image-tokenizer-loss.ts";
import type { PictureBatch } from "../picture-batch.ts";
import type { LossTerm, WeighedPass } from "./loss-term.ts";

/** VA-VAE's cap on the weight. */
const MAXIMUM_WEIGHT = 1e8;

/** What the term is made of. */
export type VisionAlignmentParts = {
  readonly settings: VisionAlignmentSettings;
  readonly latentChannels: number;
  readonly teacherChannels: number;
  /** The weight of the encoder's last convolution. */
  readonly lastLayer: tf.Variable;
  readonly generator: Generator;
};

/** Latents follow the teacher's features (VA-VAE); weighed to pull as hard as the reconstruction does at the encoder's end. */
export function visionAlignmentTerm(parts: VisionAlignmentParts): LossTerm<WeighedPass> {
  const { settings, latentChannels, teacherChannels, lastLayer, generator } = parts;
  const alignment = new VisionAlignment({ latentChannels, teacherChannels }, generator);
  return {
    name: "visionAlignment",
    weight: settings.weight,
    module: alignment,
    count: () => 1,
    lossSum: ({ batch, latents_BHWC, fidelity }) => {
      const teacher_BHWT = featuresOf(batch);
      const sums = visionAlignmentLoss(alignment, { latents_BHWC, teacher_BHWT }, settings);
      const loss = sums.cosineLossSum.add(sums.distanceLossSum).div<tf.Scalar>(sums.numPictures);
      return loss.mul(adaptiveWeight({ reference: fidelity, loss, parameter: lastLayer, maximum: MAXIMUM_WEIGHT }));
    },
  };
}

function featuresOf({ teacherFeatures }: PictureBatch): tf.Tensor4D {
  if (teacherFeatures === undefined) throw new Error("visionAlignmentTerm: the batch has no teacher's features");
  return tf.tensor4d(teacherFeatures.values, [...teacherFeatures.shape]);
}
