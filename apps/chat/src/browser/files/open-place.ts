/** A model's place as a source of files, and the name and id under which it is known. */
import { MODEL_FILES } from "@interfuse/pipeline";
import { folderName } from "../../folder-name.ts";
import type { ModelPlace } from "../protocol.ts";
import { FetchedFiles } from "./fetched-files.ts";
import { KeptFiles, keptModel } from "./kept-models.ts";
import type { ProgressiveSource } from "./observed-files.ts";
import { PickedFiles } from "./picked-files.ts";

export type OpenedPlace = {
  readonly source: ProgressiveSource;
  /** The same for the same place; for a folder, the same name and file sizes. */
  readonly id: string;
  readonly name: string;
};

/** @throws Error when a kept model is no longer there; TypeError when a URL is none */
export async function openPlace(place: ModelPlace): Promise<OpenedPlace> {
  switch (place.kind) {
    case "url": {
      const name = folderName(new URL(place.url).pathname);
      return { source: new FetchedFiles(place.url, place.apiKey), id: idOf(name, place.url), name };
    }
    case "folder": {
      const files = place.files.filter(({ path }) => isModelFile(path));
      const sizes = files.map(({ path, file }) => `${path}:${file.size}`).toSorted();
      const name = folderName(place.name);
      return { source: new PickedFiles(place.name, files), id: idOf(name, sizes.join("|")), name };
    }
    case "kept": {
      const model = await keptModel(place.id);
      return { source: new KeptFiles(model), id: model.id, name: model.name };
    }
  }
}

/** Training leaves more in a folder than the model is made of. */
function isModelFile(path: string): boolean {
  return (Object.values(MODEL_FILES) as string[]).includes(path);
}

/** The name with a number that tells places of one name apart (FNV-1a 32). */
function idOf(name: string, place: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(place)) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${name}-${(hash >>> 0).toString(16).padStart(8, "0")}`;
}
