import { countTargets, type Layout, type UnifiedModel } from "@interfuse/model";
import type { TrainingTask } from "@interfuse/training";

/** Joint training of text and images: next-token loss plus `lambda` times the image objective's (Transfusion, arXiv 2408.11039). */
export function modelTask(
  model: UnifiedModel,
  lossWeights: { readonly text: number; readonly image: number },
): TrainingTask<Layout> {
  return {
    module: model,
    lossWeights,
    counts: (row) => {
      const { numTextTargets, numImages } = countTargets(row);
      return { text: numTextTargets, image: numImages };
    },
    lossSums: (row, generator) => {
      const { textLossSum, imageLossSum } = model.lossSums(row, generator);
      return { text: textLossSum, image: imageLossSum };
    },
    numTokens: (row) => row.length,
  };
}
