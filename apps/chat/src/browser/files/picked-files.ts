/** The files of a folder that the user picked or dropped. */
import type { PickedFile } from "../protocol.ts";
import type { ProgressiveSource } from "./observed-files.ts";
import { readResponse } from "./read-response.ts";

export class PickedFiles implements ProgressiveSource {
  readonly name: string;
  readonly #files: ReadonlyMap<string, File>;

  constructor(name: string, files: readonly PickedFile[]) {
    this.name = name;
    this.#files = new Map(files.map(({ path, file }) => [path, file]));
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.has(path);
  }

  read(path: string): Promise<Uint8Array> {
    return this.readInPieces(path, () => undefined);
  }

  async readInPieces(path: string, onBytes: (loaded: number, size: number) => void): Promise<Uint8Array> {
    const file = this.#files.get(path);
    if (file === undefined) throw new Error(`read: "${this.name}" has no file "${path}"`);
    try {
      const body = file.stream();
      return await readResponse(new Response(body, { headers: { "content-length": String(file.size) } }), onBytes);
    } catch (cause) {
      throw new Error(
        `"${path}" of "${this.name}" cannot be read (${(cause as Error).message}); pick the folder again`,
        {
          cause,
        },
      );
    }
  }
}
