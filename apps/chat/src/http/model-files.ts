/** The files of the models that are shared: a fixed list, made when the server starts; what a request names is only looked up in it. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { MODEL_FILES } from "@interfuse/pipeline";

export type SharedFile = {
  readonly file: string;
  readonly numBytes: number;
  readonly contentType: string;
  readonly etag: string;
};

/** The path under which a model's files are asked for. */
export function sharedFolder(id: string): string {
  return `models/${encodeURIComponent(id)}/`;
}

/**
 * Files by what is asked for under /models/, as "demo/config.json".
 * @throws Error when a file is not there
 */
export async function listSharedFiles(
  models: readonly { readonly id: string; readonly folder: string }[],
): Promise<ReadonlyMap<string, SharedFile>> {
  const files = models.flatMap(({ id, folder }) =>
    Object.values(MODEL_FILES).map(async (path): Promise<[string, SharedFile]> => {
      const file = join(folder, path);
      const { size, mtimeMs } = await stat(file);
      const contentType = path.endsWith(".json") ? "application/json" : "application/octet-stream";
      const etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
      return [`${id}/${path}`, { file, numBytes: size, contentType, etag }];
    }),
  );
  return new Map(await Promise.all(files));
}
