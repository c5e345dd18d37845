/** Writing a chat dataset: pictures as they come, the rows at the end, so that a dataset without rows is never complete. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Picture } from "@interfuse/image-tokenizer";
import { resolveInside } from "../files/directory-files.ts";
import { encodePng } from "../files/encode-picture.ts";
import { writeFileAtomically } from "../files/write-file.ts";
import { CHAT_FILE, type ChatRow } from "./chat-row.ts";

/** Low compression: datasets of small pictures are written once and read often. */
const COMPRESSION_LEVEL = 2;

/** Collects rows and writes pictures for one folder; call `close` at the end. */
export class ChatWriter {
  readonly folder: string;
  readonly #lines: string[] = [];
  readonly #folders = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Number of rows so far. */
  get numRows(): number {
    return this.#lines.length;
  }

  /** Writes a picture as PNG at a path relative to the folder. */
  async addPicture(path: string, picture: Picture): Promise<void> {
    const file = resolveInside(this.folder, path);
    const folder = dirname(file);
    if (!this.#folders.has(folder)) this.#folders.set(folder, mkdir(folder, { recursive: true }));
    await this.#folders.get(folder);
    await writeFile(file, await encodePng(picture, { compressionLevel: COMPRESSION_LEVEL }));
  }

  /** Adds a row; it is written by `close`. */
  addRow(row: ChatRow): void {
    this.#lines.push(JSON.stringify(row));
  }

  /** Writes the rows, whole or not at all. */
  async close(): Promise<void> {
    await writeFileAtomically(join(this.folder, CHAT_FILE), `${this.#lines.join("\n")}\n`);
  }
}
