/** Pictures of a data set as an image tokenizer's run needs them: in batches, the first so many, the held-out ones. */
import { type Dataset, datasetSplits, openDataset, picturesIn } from "@interfuse/data";
import { type Picture, picturesToTensor } from "@interfuse/image-tokenizer";
import { Generator, type tf } from "@interfuse/tensor";
import type { TrainingState } from "@interfuse/training";
import { openLoader } from "../batches/open-loader.ts";
import { PictureStream } from "../batches/picture-stream.ts";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";

const MAX_HELD_OUT_PICTURES = 256;

/** The run's batches from the start or from where a checkpoint stands. */
export function openPictures(
  dataset: Dataset,
  { seed, batch }: Pick<ImageTokenizerRecipe, "seed" | "batch">,
  resume?: TrainingState,
): PictureStream {
  return new PictureStream(openLoader(dataset.pictures(), new Generator(seed, "data"), { resume }), batch.pictures);
}

/** The test part's pictures, or, where there is none, some of those trained on. */
export async function heldOutPictures(
  dataset: Dataset,
  { data, recipe, log }: { data: string; recipe: ImageTokenizerRecipe; log: (line: string) => void },
): Promise<Picture[]> {
  const hasTest = (await datasetSplits(data)).includes("test");
  if (!hasTest) log(`warning: "${data}" has no test part; PSNR is on pictures that are trained on`);
  const test = hasTest ? await openDataset(data, { size: recipe.batch.pictureSize, split: "test" }) : dataset;
  return firstPictures(test, MAX_HELD_OUT_PICTURES);
}

/** At most `count` pictures, in the data set's order. */
export async function firstPictures(dataset: Dataset, count: number): Promise<Picture[]> {
  const source = dataset.pictures();
  const pictures: Picture[] = [];
  for (let index = 0; index < Math.min(count, source.numExamples); index++) {
    pictures.push(...picturesIn(await source.readExample(index)));
  }
  return pictures;
}

/** Tensors `[B, H, W, 3]` of pictures, each freed when the next is asked for. */
export function* pictureTensors(pictures: readonly Picture[]): Iterable<tf.Tensor4D> {
  for (let start = 0; start < pictures.length; start += 16) {
    const batch_BHWC = picturesToTensor(pictures.slice(start, start + 16));
    yield batch_BHWC;
    batch_BHWC.dispose();
  }
}
