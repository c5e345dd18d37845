/** `train image-tokenizer`: an autoencoder from a data set's pictures, its latents measured and its PSNR on held-out ones reported. */
import { join } from "node:path";
import { type Dataset, openDataset, writeFileAtomically } from "@interfuse/data";
import {
  imageTokenizerFromConfig,
  measureLatentStatistics,
  picturesToTensor,
  QuantizedAutoencoder,
} from "@interfuse/image-tokenizer";
import { Generator, tf } from "@interfuse/tensor";
import type { Reporter } from "@interfuse/training";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import { recipeAsJson } from "../recipes/model-recipe.ts";
import { withClaimedFolder } from "../run/claim-folder.ts";
import { inFloat32 } from "../run/in-float32.ts";
import { openRun, type ResumeMode } from "../run/open-run.ts";
import { runTraining } from "../run/run-training.ts";
import { writeResult } from "../run/write-result.ts";
import { autoencoderTask } from "./autoencoder-task.ts";
import { checkObjectives } from "./check-objectives.ts";
import { writeImageTokenizer } from "./image-tokenizer-folder.ts";
import { makeObjectives } from "./make-objectives.ts";
import { openFeatureNetworks } from "./objectives/feature-networks.ts";
import { PictureBatches } from "./picture-batches.ts";
import { type ReconstructionReport, reconstruct, reconstructionSheet, scoreReconstructions } from "./reconstruction.ts";
import { type Autoencoder, readStartingWeights } from "./starting-weights.ts";
import { trainedAutoencoder } from "./trained-autoencoder.ts";
import { firstPictures, heldOutPictures, openPictures, pictureTensors } from "./training-pictures.ts";

/** Most pictures that latent statistics are measured on. */
const MAX_STATISTICS_PICTURES = 2048;

/** Pictures whose latents a codebook starts from. */
const NUM_START_PICTURES = 256;
const START_BATCH = 32;

export type TrainImageTokenizerOptions = {
  readonly recipe: ImageTokenizerRecipe;
  /** A folder that `openDataset` reads. */
  readonly data: string;
  readonly out: string;
  /** The folder of a trained tokenizer to start from; the recipe is then `recipeStartingFrom` it. A resumed run does not read it. */
  readonly from?: string | undefined;
  readonly resume: ResumeMode;
  readonly reporters: readonly Reporter[];
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
};

/**
 * Trains, then writes `config.json`, `model.safetensors` and `reconstruction.json` into `out`. With an adversary it runs in
 * f32 whatever the backend's precision: gradients of differences of scores are mostly rounding error in bf16.
 *
 * @throws Error, RangeError or UsageError naming what is wrong with the data or the recipe; InterruptedError when the signal stopped it.
 */
export function trainImageTokenizer(options: TrainImageTokenizerOptions): Promise<ReconstructionReport> {
  const { recipe, log } = options;
  const run = () => withClaimedFolder(options.out, () => train(options));
  if (recipe.loss.adversary === null) return run();
  return inFloat32(run, () => log("warning: training in f32, not bf16: an adversary's gradients need it"));
}

async function train(options: TrainImageTokenizerOptions): Promise<ReconstructionReport> {
  const { recipe, data, out, log } = options;
  const resume = await openRun(out, options);
  const from = resume === undefined ? options.from : undefined;
  const autoencoder = from === undefined ? newAutoencoder(recipe) : await readStartingWeights(from, recipe);
  const trained = trainedAutoencoder(autoencoder, { klWeight: recipe.loss.klWeight ?? 0 });
  const toDispose: { dispose(): void }[] = [trained, autoencoder];
  let report: ReconstructionReport | undefined;
  try {
    checkObjectives(recipe, trained);
    const dataset = await openDataset(data, { size: recipe.batch.pictureSize });
    for (const warning of dataset.report.warnings) log(`warning: ${warning}`);
    const heldOut = await heldOutPictures(dataset, options);
    const networks = await openFeatureNetworks({
      ...options,
      loss: recipe.loss,
      seed: recipe.seed,
      isResumed: resume !== undefined,
      openPictures: () => openPictures(dataset, recipe),
    });
    toDispose.unshift(networks);
    const objectives = await makeObjectives({ recipe, autoencoder: trained, networks, pictures: heldOut });
    toDispose.unshift(objectives);
    if (resume === undefined && from === undefined && autoencoder instanceof QuantizedAutoencoder) {
      await startQuantizer(autoencoder, dataset, recipe);
    }
    await runTraining({
      ...options,
      settings: recipe,
      config: recipeAsJson(recipe),
      task: autoencoderTask(trained, objectives.terms),
      adversary: objectives.adversary?.options,
      batches: new PictureBatches(openPictures(dataset, recipe, resume), networks.teacher),
      resume,
      saveModel: (sink) => writeImageTokenizer(sink, autoencoder),
      sample: async (step) => {
        const shown = heldOut.slice(0, 32);
        const sheet = await reconstructionSheet(shown, await reconstruct(autoencoder, shown));
        await writeFileAtomically(join(out, "samples", `step-${String(step).padStart(6, "0")}.png`), sheet);
      },
      finish: async () => {
        const training = await firstPictures(dataset, MAX_STATISTICS_PICTURES);
        autoencoder.setLatentStatistics(await measureLatentStatistics(autoencoder, pictureTensors(training)));
        report = await scoreReconstructions(autoencoder, { training, heldOut });
        await writeFileAtomically(join(out, "reconstruction.json"), `${JSON.stringify(report, null, 2)}\n`);
        await writeResult(out, (sink) => writeImageTokenizer(sink, autoencoder));
      },
    });
  } finally {
    for (const part of toDispose) part.dispose();
  }
  return report as ReconstructionReport;
}

/** The autoencoder of a recipe, with its initial weights. */
export function newAutoencoder(recipe: ImageTokenizerRecipe): Autoencoder {
  return imageTokenizerFromConfig(recipe.autoencoder, new Generator(recipe.seed, "model")) as Autoencoder;
}

/** Fits a codebook to the latents that the untrained encoder gives of the first pictures. */
async function startQuantizer(
  autoencoder: QuantizedAutoencoder,
  dataset: Dataset,
  recipe: ImageTokenizerRecipe,
): Promise<void> {
  const stream = openPictures(dataset, { ...recipe, batch: { ...recipe.batch, pictures: START_BATCH } });
  const latents: tf.Tensor4D[] = [];
  try {
    while (latents.length * START_BATCH < NUM_START_PICTURES) {
      const { value: pictures } = await stream.next();
      latents.push(tf.tidy(() => autoencoder.unquantized(picturesToTensor(pictures))));
    }
    tf.tidy(() => autoencoder.quantizer.startFrom(tf.concat(latents, 0), new Generator(recipe.seed, "codebook")));
  } finally {
    tf.dispose(latents);
  }
}
