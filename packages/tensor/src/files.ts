/** Where named bytes come from and go to, so that packages that also run in a browser need no file system. */

/** Reads files by path; paths use "/" and are relative to the source's root. */
export interface FileSource {
  /** What the source is, for messages: a directory, a URL. */
  readonly name: string;
  /** @throws Error naming the path when there is no such file. */
  read(path: string): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
}

/** Writes files by path; a file appears whole or not at all. */
export interface FileSink {
  /** What the sink is, for messages. */
  readonly name: string;
  write(path: string, bytes: Uint8Array): Promise<void>;
}

/** Files held in memory: for tests, and for browsers. */
export class MemoryFiles implements FileSource, FileSink {
  readonly name: string;
  readonly #files = new Map<string, Uint8Array>();

  constructor(name = "memory") {
    this.name = name;
  }

  async read(path: string): Promise<Uint8Array> {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw new Error(`read: "${this.name}" has no file "${path}"`);
    return bytes;
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.has(path);
  }

  /** Keeps a copy of the bytes. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(path, bytes.slice());
  }

  /** The paths written so far. */
  paths(): string[] {
    return [...this.#files.keys()];
  }
}
