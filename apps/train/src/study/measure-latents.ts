/** What a model that learns a tokenizer's latents would see of them. */
import { COLOUR_NAMES, renderScene, SHAPE_NAMES, sampleSceneFor, WORLD_SIZE } from "@interfuse/data";
import {
  equivarianceErrors,
  joinFeatureRows,
  type LabelledFeatures,
  latentSpectrum,
  linearProbe,
} from "@interfuse/evaluation";
import { type ImageTokenizer, isDiscrete, type Picture, picturesToTensor } from "@interfuse/image-tokenizer";
import { Generator, tf } from "@interfuse/tensor";

/** Pictures for the spectrum and for equivariance, which are host code and many passes. */
const NUM_PICTURES = 64;
const PROBE_BATCH = 50;

/**
 * `highFrequency` and `pooledHighFrequency` of normalised latents; of continuous ones `scaleError` and `rotationError`, too
 * (codes of scales have one size, and others jump).
 */
export async function measureLatents(
  tokenizer: ImageTokenizer,
  pictures: readonly Picture[],
): Promise<Record<string, number>> {
  const pixels_BHWC = picturesToTensor(pictures.slice(0, NUM_PICTURES));
  const latents_BHWC = tokenizer.encode(pixels_BHWC);
  try {
    const { highFrequencyRatio, pooledHighFrequencyRatio } = await latentSpectrum(latents_BHWC);
    const spectrum = { highFrequency: highFrequencyRatio, pooledHighFrequency: pooledHighFrequencyRatio };
    if (isDiscrete(tokenizer)) return spectrum;
    const { scale, rotation } = await equivarianceErrors((pixels) => tokenizer.encode(pixels), pixels_BHWC);
    return { ...spectrum, scaleError: scale, rotationError: rotation };
  } finally {
    tf.dispose([pixels_BHWC, latents_BHWC]);
  }
}

/** Cases that a probe is fitted to and judged by. */
export type ProbeCases = { readonly train: number; readonly test: number };

/**
 * The share of single-object scenes whose colour and shape (24 classes) a linear probe reads off the latents of all places.
 */
export async function probeScenes(tokenizer: ImageTokenizer, cases: ProbeCases): Promise<number> {
  const train = await labelledLatents(tokenizer, "train", cases.train);
  const test = await labelledLatents(tokenizer, "test", cases.test);
  return linearProbe({ train, test }).accuracy;
}

async function labelledLatents(
  tokenizer: ImageTokenizer,
  split: keyof ProbeCases,
  numRows: number,
): Promise<LabelledFeatures> {
  const generator = new Generator(0, `study/probe/${split}`);
  const labels = Array.from({ length: numRows }, (_, index) => index % (COLOUR_NAMES.length * SHAPE_NAMES.length));
  const pictures = labels.map((label, index) => {
    const colour = COLOUR_NAMES[label % COLOUR_NAMES.length] as (typeof COLOUR_NAMES)[number];
    const shape = SHAPE_NAMES[Math.floor(label / COLOUR_NAMES.length)] as (typeof SHAPE_NAMES)[number];
    return renderScene(sampleSceneFor({ kind: "single", colour, shape }, generator.fork(index)), WORLD_SIZE);
  });
  const rows: Float32Array[] = [];
  for (let start = 0; start < numRows; start += PROBE_BATCH) {
    const latents_BHWC = tf.tidy(() => tokenizer.encode(picturesToTensor(pictures.slice(start, start + PROBE_BATCH))));
    rows.push((await latents_BHWC.data()) as Float32Array);
    latents_BHWC.dispose();
  }
  return { features: joinFeatureRows(rows, numRows), labels };
}
