import { ExampleLoader, openDataset, picturesIn, writeFileAtomically } from "@interfuse/data";
import {
  DEFAULT_DENOISING_NETWORK,
  DenoisingNetwork,
  picturesToTensor,
  saveDenoisingNetwork,
  trainDenoisingNetwork,
} from "@interfuse/image-tokenizer";
import { Generator } from "@interfuse/tensor";
import type { RunContext } from "../run-one.ts";
import type { FeaturesRun, Run } from "../study.ts";
import { studyPaths } from "../study-folder.ts";

const BATCH = 32;

/** Trains the denoising network on a data set and writes it. Figure: `loss`, the mean of the last tenth of the steps. */
export async function runFeatures(run: Run & FeaturesRun, { folder }: RunContext): Promise<Record<string, number>> {
  const dataset = await openDataset(studyPaths(folder).data(run.data));
  const loader = new ExampleLoader(dataset.pictures(), new Generator(0, "study/features/data"));
  const network = new DenoisingNetwork(DEFAULT_DENOISING_NETWORK, new Generator(0, "study/features/weights"));
  const numLast = Math.ceil(run.steps / 10);
  let loss = 0;
  try {
    await trainDenoisingNetwork(
      network,
      async () => {
        const examples = await Promise.all(Array.from({ length: BATCH }, () => loader.next()));
        return picturesToTensor(examples.flatMap(picturesIn));
      },
      {
        generator: new Generator(0, "study/features/noise"),
        steps: run.steps,
        onStep: (step, value) => {
          if (step > run.steps - numLast) loss += value / numLast;
        },
      },
    );
    await writeFileAtomically(studyPaths(folder).features(run.id), await saveDenoisingNetwork(network));
    return { loss };
  } finally {
    network.dispose();
  }
}
