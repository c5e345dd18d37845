import { type ImageTokenizer, loadImageTokenizer } from "@interfuse/image-tokenizer";
import { type ModelConfig, UnifiedModel } from "@interfuse/model";
import { BlankGenerator, type FileSource, type HostTensor } from "@interfuse/tensor";
import { TextTokenizer } from "@interfuse/text-tokenizer";
import { readPipelineConfig } from "../config/pipeline-config.ts";
import { Pipeline } from "../pipeline.ts";
import { assertPartsFit } from "./assert-parts-fit.ts";
import { assertFilesExist, describeFile, MODEL_FILES, readJson, readWeights, withFileName } from "./model-files.ts";

/**
 * Loads a model folder. Everything is checked before the model is allocated, and nothing stays allocated on failure.
 * In a browser call `initTextTokenizer` of `@interfuse/text-tokenizer` first.
 * @param source the folder: `directorySource` of `@interfuse/data`, or any other `FileSource`
 * @throws {Error} naming the files that are missing
 * @throws {RangeError} or {TypeError} naming the file and the key or tensor that is wrong, and what to do
 */
export async function loadPipeline(source: FileSource): Promise<Pipeline> {
  await assertFilesExist(source);
  const config = readPipelineConfig(
    describeFile(source, MODEL_FILES.config),
    await readJson(source, MODEL_FILES.config),
  );
  const owned: { dispose(): void }[] = [];
  try {
    const textTokenizer = await loadTextTokenizer(source);
    owned.push(textTokenizer);
    const imageTokenizer = await loadImage(source);
    owned.push(imageTokenizer);
    assertPartsFit(`loadPipeline: "${source.name}"`, { config, textTokenizer, imageTokenizer });
    const tensors = await readWeights(source, MODEL_FILES.weights);
    const model = withFileName(source, MODEL_FILES.weights, () => {
      assertPlausibleSize(config.model, tensors);
      const blank = new UnifiedModel(config.model, new BlankGenerator());
      owned.push(blank);
      blank.loadParameters(tensors);
      return blank;
    });
    return new Pipeline({ model, textTokenizer, imageTokenizer, generation: config.generation });
  } catch (error) {
    for (const part of owned) part.dispose();
    throw error;
  }
}

async function loadTextTokenizer(source: FileSource): Promise<TextTokenizer> {
  const json = await readJson(source, MODEL_FILES.textTokenizer);
  return withFileName(source, MODEL_FILES.textTokenizer, () => TextTokenizer.fromTokenizerJson(json));
}

async function loadImage(source: FileSource): Promise<ImageTokenizer> {
  const config = await readJson(source, MODEL_FILES.imageTokenizerConfig);
  const tensors = await readWeights(source, MODEL_FILES.imageTokenizerWeights);
  return withFileName(source, MODEL_FILES.imageTokenizerWeights, () => loadImageTokenizer({ config, tensors }));
}

/**
 * A config that asks for far more numbers than the file holds is refused before a model of that size is allocated;
 * exact names and shapes are compared once it is.
 */
function assertPlausibleSize(config: ModelConfig, tensors: ReadonlyMap<string, HostTensor>): void {
  const { modelDim, numLayers, numHeads, numKvHeads, headDim, mlpDim, numExperts } = config.backbone;
  const attention = (2 * numHeads + 2 * numKvHeads) * headDim * modelDim;
  const expected = config.vocabSize * modelDim + numLayers * numExperts * (attention + 3 * modelDim * mlpDim);
  let held = 0;
  for (const { data } of tensors.values()) held += data.length;
  if (expected > 2 * held) {
    throw new RangeError(
      `config.json describes a model of at least ${expected} parameters (vocabSize ${config.vocabSize}, ` +
        `modelDim ${modelDim}, numLayers ${numLayers}, mlpDim ${mlpDim}), but the file holds ${held}`,
    );
  }
}
