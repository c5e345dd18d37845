/** `train image-tokenizer`: an autoencoder from a data set's pictures, its latents measured and its PSNR on held-out ones reported. */
import { join } from "node:path";
import {
  type Dataset,
  datasetSplits,
  directorySink,
  ExampleLoader,
  openDataset,
  picturesIn,
  writeFileAtomically,
} from "@interfuse/data";
import {
  imageTokenizerFromConfig,
  type KlAutoencoder,
  measureLatentStatistics,
  type Picture,
  picturesToTensor,
  QuantizedAutoencoder,
} from "@interfuse/image-tokenizer";
import { Generator, tf } from "@interfuse/tensor";
import type { Reporter, TrainingState, TrainingTask } from "@interfuse/training";
import { PictureStream } from "../batches/picture-stream.ts";
import { IMAGE_TOKENIZER_RECIPE_MAY_CHANGE, type ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import { recipeAsJson } from "../recipes/model-recipe.ts";
import { openRun, type ResumeMode } from "../run/open-run.ts";
import { runTraining } from "../run/run-training.ts";
import { klAutoencoderTask, quantizedAutoencoderTask } from "./autoencoder-task.ts";
import { writeImageTokenizer } from "./image-tokenizer-folder.ts";
import { type ReconstructionReport, reconstruct, reconstructionSheet, scoreReconstructions } from "./reconstruction.ts";

/** Most pictures that latent statistics are measured on, and that are held out. */
const MAX_STATISTICS_PICTURES = 2048;
const MAX_HELD_OUT_PICTURES = 256;

/** Pictures whose latents a codebook starts from. */
const NUM_START_PICTURES = 256;
const START_BATCH = 32;

export type TrainImageTokenizerOptions = {
  readonly recipe: ImageTokenizerRecipe;
  /** A folder that `openDataset` reads. */
  readonly data: string;
  readonly out: string;
  readonly resume: ResumeMode;
  readonly reporters: readonly Reporter[];
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
};

/**
 * Trains, then writes `config.json`, `model.safetensors` and `reconstruction.json` into `out`.
 * @throws Error or RangeError naming what is wrong with the data or the recipe; InterruptedError when the signal stopped it.
 */
export async function trainImageTokenizer(options: TrainImageTokenizerOptions): Promise<ReconstructionReport> {
  const { recipe, data, out, log } = options;
  const resume = await openRun(out, options.resume);
  const dataset = await openDataset(data, { size: recipe.batch.pictureSize });
  for (const warning of dataset.report.warnings) log(`warning: ${warning}`);
  const heldOut = await heldOutPictures(dataset, options);
  const autoencoder = newAutoencoder(recipe);
  const task = taskOf(autoencoder, recipe);
  let report: ReconstructionReport | undefined;
  try {
    if (resume === undefined && autoencoder instanceof QuantizedAutoencoder) {
      await startQuantizer(autoencoder, dataset, recipe);
    }
    await runTraining({
      ...options,
      settings: recipe,
      config: recipeAsJson(recipe),
      mayChange: IMAGE_TOKENIZER_RECIPE_MAY_CHANGE,
      task,
      batches: openPictures(dataset, recipe, resume),
      resume,
      saveModel: (sink) => writeImageTokenizer(sink, autoencoder),
      sample: async (step) => {
        const shown = heldOut.slice(0, 32);
        const sheet = await reconstructionSheet(shown, await reconstruct(autoencoder, shown));
        await writeFileAtomically(join(out, "samples", `step-${String(step).padStart(6, "0")}.png`), sheet);
      },
      finish: async () => {
        const training = await firstPictures(dataset, MAX_STATISTICS_PICTURES);
        autoencoder.setLatentStatistics(await measureLatentStatistics(autoencoder, pictureBatches(training)));
        report = await scoreReconstructions(autoencoder, { training, heldOut });
        await writeFileAtomically(join(out, "reconstruction.json"), `${JSON.stringify(report, null, 2)}\n`);
        await writeImageTokenizer(directorySink(out), autoencoder);
      },
    });
  } finally {
    task.dispose?.();
    autoencoder.dispose();
  }
  return report as ReconstructionReport;
}

/** The autoencoder of a recipe, with its initial weights. */
export function newAutoencoder(recipe: ImageTokenizerRecipe): KlAutoencoder | QuantizedAutoencoder {
  const tokenizer = imageTokenizerFromConfig(recipe.autoencoder, new Generator(recipe.seed, "model"));
  return tokenizer as KlAutoencoder | QuantizedAutoencoder;
}

function taskOf(
  autoencoder: KlAutoencoder | QuantizedAutoencoder,
  { loss: { reconstruction, klWeight } }: ImageTokenizerRecipe,
): TrainingTask<readonly Picture[]> & { dispose?(): void } {
  if (autoencoder instanceof QuantizedAutoencoder) return quantizedAutoencoderTask(autoencoder, { reconstruction });
  return klAutoencoderTask(autoencoder, { reconstruction, klWeight: klWeight as number });
}

/** Fits a codebook to the latents that the untrained encoder gives of the first pictures. */
async function startQuantizer(
  autoencoder: QuantizedAutoencoder,
  dataset: Dataset,
  recipe: ImageTokenizerRecipe,
): Promise<void> {
  const stream = openPictures(dataset, { ...recipe, batch: { ...recipe.batch, pictures: START_BATCH } }, undefined);
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

function openPictures(
  dataset: Dataset,
  recipe: ImageTokenizerRecipe,
  resume: TrainingState | undefined,
): PictureStream {
  const state = resume?.cursor as ReturnType<ExampleLoader["state"]> | undefined;
  const loader = new ExampleLoader(dataset.pictures(), new Generator(recipe.seed, "data"), { state });
  return new PictureStream(loader, recipe.batch.pictures);
}

/** The test part's pictures, or, where there is none, some of those trained on. */
async function heldOutPictures(
  dataset: Dataset,
  { data, recipe, log }: TrainImageTokenizerOptions,
): Promise<Picture[]> {
  const hasTest = (await datasetSplits(data)).includes("test");
  if (!hasTest) log(`warning: "${data}" has no test part; PSNR is on pictures that are trained on`);
  const test = hasTest ? await openDataset(data, { size: recipe.batch.pictureSize, split: "test" }) : dataset;
  return firstPictures(test, MAX_HELD_OUT_PICTURES);
}

async function firstPictures(dataset: Dataset, count: number): Promise<Picture[]> {
  const source = dataset.pictures();
  const pictures: Picture[] = [];
  for (let index = 0; index < Math.min(count, source.numExamples); index++) {
    pictures.push(...picturesIn(await source.readExample(index)));
  }
  return pictures;
}

function* pictureBatches(pictures: readonly Picture[]) {
  for (let start = 0; start < pictures.length; start += 16) {
    const batch_BHWC = picturesToTensor(pictures.slice(start, start + 16));
    yield batch_BHWC;
    batch_BHWC.dispose();
  }
}
