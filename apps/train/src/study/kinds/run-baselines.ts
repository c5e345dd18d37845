import { fitPatchCodebook, nearestPatches } from "../../image-tokenizer/baselines/k-means.ts";
import { cutPatches, joinPatches } from "../../image-tokenizer/baselines/patches.ts";
import { pooled } from "../../image-tokenizer/baselines/pooling.ts";
import { fitComponents, projectPatches } from "../../image-tokenizer/baselines/principal-components.ts";
import { measurePictures } from "../measure-pictures.ts";
import type { RunContext } from "../run-one.ts";
import type { BaselinesRun, Run } from "../study.ts";
import { heldOutPictures, trainingPictures } from "../study-data.ts";
import { featuresOf } from "./features-of.ts";

/** Most patches that codebook and components are fitted to. */
const MAX_PATCHES = 32_768;

/** Figures of `measurePictures`, each with the baseline before it: `pooling.psnr`, `components.psnr`, `codebook.psnr` .. */
export async function runBaselines(run: Run & BaselinesRun, { folder }: RunContext): Promise<Record<string, number>> {
  const { downsampling: side, numComponents, numCodes } = run;
  const pictures = await heldOutPictures(folder, run.data);
  const fitted = firstPatches(cutPatches(await trainingPictures(folder, run.data), side));
  const patches = cutPatches(pictures, side);
  const joined = (result: typeof patches) => joinPatches(result, pictures, side);
  const codebook = fitPatchCodebook(fitted, numCodes);
  const network = await featuresOf(run, folder);
  try {
    const reconstructions = {
      pooling: pictures.map((picture) => pooled(picture, side)),
      components: joined(projectPatches(patches, await fitComponents(fitted, numComponents))),
      codebook: joined(await nearestPatches(patches, codebook)),
    };
    const figures: Record<string, number> = {};
    for (const [name, result] of Object.entries(reconstructions)) {
      for (const [figure, value] of Object.entries(await measurePictures(result, pictures, network))) {
        figures[`${name}.${figure}`] = value;
      }
    }
    return figures;
  } finally {
    codebook.dispose();
    network.dispose();
  }
}

function firstPatches({ values, dim }: ReturnType<typeof cutPatches>) {
  return { values: values.subarray(0, MAX_PATCHES * dim), dim };
}
