/** The files of a model folder, and reading them with errors that name the file and the remedy. */
import { type FileSource, type HostTensor, readSafetensors } from "@interfuse/tensor";

/** Paths within a model folder. */
export const MODEL_FILES = {
  config: "config.json",
  weights: "model.safetensors",
  textTokenizer: "tokenizer.json",
  imageTokenizerConfig: "image_tokenizer/config.json",
  imageTokenizerWeights: "image_tokenizer/model.safetensors",
} as const;

/** How messages name a file of a source. */
export function describeFile(source: { readonly name: string }, path: string): string {
  return `loadPipeline: "${path}" in "${source.name}"`;
}

/** @throws {Error} naming every file of a model folder that is not there */
export async function assertFilesExist(source: FileSource): Promise<void> {
  const missing: string[] = [];
  for (const path of Object.values(MODEL_FILES)) {
    if (!(await source.exists(path))) missing.push(path);
  }
  if (missing.length === 0) return;
  const isNoFolder = missing.includes(MODEL_FILES.config);
  throw new Error(
    `loadPipeline: ${missing.map((path) => `"${path}"`).join(", ")} missing in "${source.name}"; ` +
      (isNoFolder
        ? 'give a model folder: the DIR of "interfuse train model --out DIR" when it is done, or one of its checkpoints, such as DIR/checkpoint-000500'
        : "the folder is incomplete: copy it again or save the model again"),
  );
}

/** @throws {TypeError} when the file is not JSON */
export async function readJson(source: FileSource, path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await source.read(path));
  try {
    return JSON.parse(text);
  } catch (cause) {
    const problem = (cause as Error).message;
    throw new TypeError(`${describeFile(source, path)} is not JSON (${problem}); copy or save the folder again`, {
      cause,
    });
  }
}

/** @throws {RangeError} when the file is damaged or hostile */
export async function readWeights(source: FileSource, path: string): Promise<Map<string, HostTensor>> {
  const bytes = await source.read(path);
  return withFileName(source, path, () => readSafetensors(bytes).tensors);
}

/** Runs a step of loading; its error gets the file's name and a remedy in front of and behind its message. */
export function withFileName<T>(source: FileSource, path: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    const { message } = cause as Error;
    const remedy = "the file is damaged or from another model: copy or save the folder again";
    throw new RangeError(`${describeFile(source, path)}: ${message}; ${remedy}`, { cause });
  }
}
