/** `tokenize inspect`: what an image tokenizer makes of pictures, as pictures and numbers. */
import { join } from "node:path";
import { contactSheet, datasetSplits, openDataset, writeFileAtomically } from "@interfuse/data";
import { type ImageTokenizer, isDiscrete, type Picture } from "@interfuse/image-tokenizer";
import { codeUsage } from "../image-tokenizer/code-usage.ts";
import { pooledPsnr } from "../image-tokenizer/pooled-psnr.ts";
import { type CodesReport, codesReport, reconstruct } from "../image-tokenizer/reconstruction.ts";
import { codeChart } from "./code-chart.ts";
import { latentTiles } from "./latent-tiles.ts";
import { mapFiles } from "./map-files.ts";

export type InspectTokenizerOptions = {
  readonly tokenizer: ImageTokenizer;
  /** A folder that `openDataset` reads; its test part where it has one. */
  readonly data: string;
  /** The folder to write pictures into. */
  readonly out: string;
  /** Pictures that figures are taken of, at most. */
  readonly count: number;
  /** Pictures are fitted to squares of this many pixels a side; without it each keeps its size. */
  readonly size?: number;
};

/** Figures and the files that were written. */
export type InspectReport = {
  readonly numPictures: number;
  /** In dB, of the mean squared error over all pictures. */
  readonly psnr: number;
  /** Of a tokenizer with codes. */
  readonly codes?: CodesReport;
  readonly files: readonly string[];
};

/** Pictures on the reconstruction sheet, and with their latents. */
const NUM_SHOWN = 32;
const NUM_WITH_LATENTS = 6;

/**
 * Writes `reconstructions.png`, `latents.png` and, for a tokenizer with codes, `codes.png`.
 * @throws Error naming what is wrong with the data, or a picture that does not fit the tokenizer.
 */
export async function inspectTokenizer(options: InspectTokenizerOptions): Promise<InspectReport> {
  const { tokenizer, out } = options;
  const { names, pictures } = await somePictures(options);
  const reconstructions = await mapFiles(names, pictures, (some) => reconstruct(tokenizer, some));
  const files = new Map<string, Uint8Array>([
    ["reconstructions.png", await comparisonSheet(pictures, reconstructions)],
    ["latents.png", await latentSheet(tokenizer, pictures.slice(0, NUM_WITH_LATENTS))],
  ]);
  const usage = isDiscrete(tokenizer) ? await codeUsage(tokenizer, pictures) : undefined;
  if (usage !== undefined) {
    files.set("codes.png", await contactSheet([codeChart(usage)], { columns: 1, cellSize: 640 }));
  }
  for (const [name, bytes] of files) await writeFileAtomically(join(out, name), bytes);
  return {
    numPictures: pictures.length,
    psnr: pooledPsnr(pictures, reconstructions),
    ...(usage === undefined ? {} : { codes: codesReport(usage) }),
    files: [...files.keys()].map((name) => join(out, name)),
  };
}

async function somePictures({ data, count, size }: InspectTokenizerOptions) {
  const split = (await datasetSplits(data)).includes("test") ? "test" : "train";
  const dataset = await openDataset(data, { split, size });
  const names = dataset.pictureFiles().slice(0, count);
  return { names, pictures: await Promise.all(names.map((name) => dataset.readPicture(name))) };
}

/** Each picture beside what came back. */
function comparisonSheet(pictures: readonly Picture[], reconstructions: readonly Picture[]): Promise<Uint8Array> {
  const items = pictures.slice(0, NUM_SHOWN).flatMap((picture, index) => {
    const reconstruction = reconstructions[index] as Picture;
    const psnr = pooledPsnr([picture], [reconstruction]);
    return [
      { picture, caption: `${picture.width}x${picture.height}` },
      { picture: reconstruction, caption: Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : "exact" },
    ];
  });
  return contactSheet(items, { title: "pictures, and beside each its reconstruction" });
}

/** Each picture with the channels of its latents. */
async function latentSheet(tokenizer: ImageTokenizer, pictures: readonly Picture[]): Promise<Uint8Array> {
  const rows: { picture: Picture; caption: string }[][] = [];
  for (const picture of pictures) {
    const tiles = await latentTiles(tokenizer, picture);
    rows.push([
      { picture, caption: `${picture.width}x${picture.height}` },
      ...tiles.map((tile, channel) => ({ picture: tile, caption: `channel ${channel}` })),
    ]);
  }
  const columns = rows[0]?.length ?? 1;
  return contactSheet(rows.flat(), { columns, title: "latents: black is -2.5, white 2.5 standard deviations" });
}
