/**
 * What an image tokenizer is trained on: the part `loss` of its recipe, with the defaults of every part that is off (null)
 * unless asked for. `--set 'loss.adversary={"kind":"hinge"}'` turns one on; its settings are then leaves like all others.
 */
import { z } from "zod";

const weight = z.number().positive();
const positive = z.int().min(1);

/** A network trained on the run's own pictures before its first step, for `perceptual` and `visionAlignment`. */
const denoisingNetwork = z.strictObject({
  /** Channels of each stage, full resolution first. */
  channels: z.array(positive).min(1),
  steps: positive,
  learningRate: weight,
});

const perceptual = z.strictObject({
  /** Beside the mean pixel error. */
  weight: weight.default(0.1),
  /** "denoising" for the run's own, or a file: one that a run saved, or VGG16 with LPIPS heads as safetensors. */
  network: z.string().min(1).default("denoising"),
});

const adversaryFields = {
  /** Of the adversarial loss, beside the reconstruction as scaled by `useAdaptiveWeight`. */
  weight: weight.default(0.5),
  /** Scales the loss to pull as hard as the reconstruction at the decoder's last convolution (VQGAN). */
  useAdaptiveWeight: z.boolean().default(true),
  /** The first step with an adversary; before it the reconstruction settles. */
  startStep: positive.default(500),
  /** The discriminator's peak rate, under the run's schedule. */
  learningRate: weight.default(5e-4),
  /** The discriminator's channels at its first resolution; they double with each halving. */
  baseChannels: positive.default(32),
};

const adversary = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("hinge"),
    ...adversaryFields,
    /** Convolutions of stride 2 of the patch discriminator; 3 for pictures of 256 x 256, 2 see patches of 34 x 34. */
    numLayers: positive.default(2),
  }),
  z.strictObject({
    kind: z.literal("r3gan"),
    ...adversaryFields,
    /** Weight of R1 and R2; published 0.05 to 0.5 for 32 x 32, 0.1 to 2 for 64 x 64. */
    gamma: weight.default(0.5),
    blocksPerStage: positive.default(1),
    groupChannels: positive.default(16),
  }),
]);

const scaleEquivariance = z.strictObject({
  /** Beside the reconstruction; published 0.25. */
  weight: weight.default(0.25),
  /** What sides are divided by; published 2 and 4. */
  factors: z
    .array(z.union([z.literal(2), z.literal(4)]))
    .min(1)
    .default([2, 4]),
});

const share = z.number().min(0).max(1);

const eqVae = z.strictObject({
  /** How often latents are shrunken and turned; published 0.5. */
  equivarianceProbability: share.default(0.5),
  /** How often, of the other steps, the picture is shrunken before it is encoded; released 0.25. */
  lowResolutionProbability: share.default(0.25),
});

const equivariance = z.strictObject({
  /** Of changed latents decoded, beside the reconstruction. */
  weight: weight.default(0.1),
  /** Of changed pictures encoded, whose error counts in the latents' own spread. */
  latentWeight: weight.default(0.004),
});

const teacher = z.discriminatedUnion("kind", [
  /** The run's own denoising network; `layer` counts from the shallowest, or from the deepest below 0. */
  z.strictObject({ kind: z.literal("denoising"), layer: z.int().default(-1) }),
  /** A vision transformer by its name on the Hugging Face hub or its folder. */
  z.strictObject({ kind: z.literal("transformers"), name: z.string().min(1) }),
  /** A network as an `.onnx` file, which takes pictures of `size` pixels a side. */
  z.strictObject({ kind: z.literal("onnx"), file: z.string().min(1), size: positive }),
]);

const visionAlignment = z.strictObject({
  /** Times the weight that makes the loss pull as hard as the reconstruction at the encoder's last convolution. */
  weight: weight.default(0.1),
  teacher: teacher.default({ kind: "denoising", layer: -1 }),
  cosineMargin: share.default(0.5),
  distanceMargin: share.default(0.25),
});

/** Objectives that exclude each other. */
const SHAPING = ["scaleEquivariance", "eqVae", "equivariance"] as const;

/** The whole of `loss`. */
export const imageTokenizerLossSchema = z
  .strictObject({
    reconstruction: z.enum(["l1", "l2"]),
    klWeight: z.number().min(0).optional(),
    denoisingNetwork,
    perceptual: perceptual.nullable(),
    adversary: adversary.nullable(),
    scaleEquivariance: scaleEquivariance.nullable(),
    eqVae: eqVae.nullable(),
    equivariance: equivariance.nullable(),
    visionAlignment: visionAlignment.nullable(),
  })
  .superRefine((loss, context) => {
    const [first, second] = SHAPING.filter((name) => loss[name] !== null);
    if (first === undefined || second === undefined) return;
    context.addIssue({
      code: "custom",
      path: [second],
      message: `must be null beside ${first}: both shape the same frequencies; choose one`,
    });
  });

/** `loss.adversary`, where it is on. */
export type AdversarySettings = Readonly<z.output<typeof adversary>>;

/** `loss.scaleEquivariance`, where it is on. */
export type ScaleEquivarianceSettings = Readonly<z.output<typeof scaleEquivariance>>;

/** `loss.eqVae`, where it is on. */
export type EqVaeSettings = Readonly<z.output<typeof eqVae>>;

/** `loss.equivariance`, where it is on. */
export type EquivarianceSettings = Readonly<z.output<typeof equivariance>>;

/** `loss.visionAlignment`, where it is on. */
export type VisionAlignmentSettings = Readonly<z.output<typeof visionAlignment>>;

/** Everything an image tokenizer is trained on beside a quantizer's own losses, whose weights are in its config. */
export type ImageTokenizerLoss = Readonly<z.output<typeof imageTokenizerLossSchema>>;

/** Pixels alone; a KL autoencoder's recipe adds `klWeight`. */
export function pixelLossOnly(reconstruction: "l1" | "l2"): ImageTokenizerLoss {
  return {
    reconstruction,
    denoisingNetwork: { channels: [16, 32, 64], steps: 400, learningRate: 2e-3 },
    perceptual: null,
    adversary: null,
    scaleEquivariance: null,
    eqVae: null,
    equivariance: null,
    visionAlignment: null,
  };
}

/** The defaults filled in where a part is on; what is wrong stays, for the check of the whole recipe to name. */
export function completeImageTokenizerLoss<T>(loss: T): T {
  const parsed = imageTokenizerLossSchema.safeParse(loss);
  return parsed.success ? (parsed.data as T) : loss;
}
