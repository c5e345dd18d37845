/** Everything a page says about a trained image tokenizer. */
import {
  type FeatureNetwork,
  type ImageTokenizer,
  isDiscrete,
  type Picture,
  QuantizedAutoencoder,
} from "@interfuse/image-tokenizer";
import { codeUsage } from "../image-tokenizer/code-usage.ts";
import { reconstruct } from "../image-tokenizer/reconstruction.ts";
import { measureLatents, type ProbeCases, probeScenes } from "./measure-latents.ts";
import { measurePictures } from "./measure-pictures.ts";
import { stagePsnrs } from "./stage-psnrs.ts";

/**
 * Figures by name: those of `measurePictures` and `measureLatents`, `usage` and `perplexity` of codes, `stageN`, `parameters`
 * and, where there are cases, `probe`.
 */
export async function measureTokenizer(
  tokenizer: ImageTokenizer,
  {
    pictures,
    network,
    probeCases,
  }: {
    readonly pictures: readonly Picture[];
    readonly network: FeatureNetwork;
    readonly probeCases: ProbeCases | undefined;
  },
): Promise<Record<string, number>> {
  const figures = await measurePictures(await reconstruct(tokenizer, pictures), pictures, network);
  Object.assign(figures, await measureLatents(tokenizer, pictures));
  if (isDiscrete(tokenizer)) {
    const { usage, perplexity } = await codeUsage(tokenizer, pictures);
    Object.assign(figures, { usage, perplexity });
  }
  if (tokenizer instanceof QuantizedAutoencoder) Object.assign(figures, await stagePsnrs(tokenizer, pictures));
  if (probeCases !== undefined) figures.probe = await probeScenes(tokenizer, probeCases);
  figures.parameters = [...tokenizer.state().values()].reduce((sum, { size }) => sum + size, 0);
  return figures;
}
