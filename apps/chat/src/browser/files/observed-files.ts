/** A file source that tells how far the reading has come, and hands each file's bytes on. */
import type { FileSource } from "@interfuse/tensor";

/** A source that can tell a file's progress while it is read. */
export interface ProgressiveSource extends FileSource {
  /** Reads like `read`; `onBytes` is called with the bytes read so far and the file's size, the last time with both equal. */
  readInPieces(path: string, onBytes: (loaded: number, size: number) => void): Promise<Uint8Array>;
}

export type ReadingObserver = {
  /** `loadedBytes` and `totalBytes` are of all files begun so far. */
  readonly onProgress: (progress: { path: string; loadedBytes: number; totalBytes: number }) => void;
  /** Called with each whole file before its reader gets it. */
  readonly onFile: (path: string, bytes: Uint8Array) => Promise<void>;
};

export class ObservedFiles implements FileSource {
  readonly #source: ProgressiveSource;
  readonly #observer: ReadingObserver;
  #numBytes = 0;

  constructor(source: ProgressiveSource, observer: ReadingObserver) {
    this.#source = source;
    this.#observer = observer;
  }

  get name(): string {
    return this.#source.name;
  }

  /** Of all files read. */
  get numBytes(): number {
    return this.#numBytes;
  }

  exists(path: string): Promise<boolean> {
    return this.#source.exists(path);
  }

  async read(path: string): Promise<Uint8Array> {
    const before = this.#numBytes;
    const bytes = await this.#source.readInPieces(path, (loaded, size) =>
      this.#observer.onProgress({ path, loadedBytes: before + loaded, totalBytes: before + size }),
    );
    this.#numBytes += bytes.length;
    await this.#observer.onFile(path, bytes);
    return bytes;
  }
}
