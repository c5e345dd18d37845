import { type ImageTokenizer, saveImageTokenizer } from "@interfuse/image-tokenizer";
import type { UnifiedModel } from "@interfuse/model";
import { type FileSink, type HostTensor, type Module, writeSafetensors } from "@interfuse/tensor";
import type { TextTokenizer } from "@interfuse/text-tokenizer";
import {
  FORMAT_VERSION,
  type GenerationSettingsInput,
  type PipelineConfig,
  resolveGenerationSettings,
} from "../config/pipeline-config.ts";
import { assertPartsFit } from "./assert-parts-fit.ts";
import { MODEL_FILES } from "./model-files.ts";

/** What a model folder is made of. */
export type PipelineParts = {
  readonly model: UnifiedModel;
  readonly textTokenizer: TextTokenizer;
  readonly imageTokenizer: ImageTokenizer;
  /** How the model draws and describes unless told otherwise. */
  readonly generation: GenerationSettingsInput;
};

/**
 * Writes a model folder; weights are float32. `config.json` comes last, so a folder that has one is complete.
 * @throws {RangeError} when the parts do not fit together; nothing is written then
 */
export async function savePipeline(sink: FileSink, parts: PipelineParts): Promise<void> {
  const { model, textTokenizer, imageTokenizer } = parts;
  const generation = resolveGenerationSettings(parts.generation);
  const config: PipelineConfig = { formatVersion: FORMAT_VERSION, model: model.config, generation };
  assertPartsFit("savePipeline", { config, textTokenizer, imageTokenizer });
  const image = await saveImageTokenizer(imageTokenizer);
  await sink.write(MODEL_FILES.weights, writeSafetensors(await hostTensors(model)));
  await sink.write(MODEL_FILES.textTokenizer, json(textTokenizer.toTokenizerJson()));
  await sink.write(MODEL_FILES.imageTokenizerWeights, writeSafetensors(image.tensors));
  await sink.write(MODEL_FILES.imageTokenizerConfig, json(image.config));
  await sink.write(MODEL_FILES.config, json(config));
}

async function hostTensors(module: Module): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, variable] of module.state()) {
    tensors.set(name, {
      dtype: "F32",
      shape: [...variable.shape],
      data: (await variable.data()) as Float32Array<ArrayBuffer>,
    });
  }
  return tensors;
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
