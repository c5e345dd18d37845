import { stat } from "node:fs/promises";
import { directorySource, loadPicture } from "@interfuse/data";
import { loadPipeline, type Pipeline } from "@interfuse/pipeline";
import type { GlobalOptions } from "./global-options.ts";
import { startBackend } from "./start-backend.ts";

/**
 * Starts the backend and loads a model folder.
 * @throws Error when there is no such folder or it is not a model's.
 */
export async function openModel({ model, ...options }: GlobalOptions & { readonly model: string }): Promise<Pipeline> {
  const info = await stat(model).catch(() => undefined);
  if (!info?.isDirectory()) {
    throw new Error(`--model ${model}: no such folder; train one with "interfuse train model --out ${model}"`);
  }
  await startBackend(options);
  return loadPipeline(directorySource(model));
}

/** Reads a picture, fitted to the size the model was trained on. @throws Error naming the file when it cannot be read. */
export async function openPicture(file: string, pipeline: Pipeline) {
  return loadPicture(file, { size: pipeline.generation.imageSize });
}
