/** A dataset of conversations with pictures, on disk, whatever form it has there. */
import { createHash } from "node:crypto";
import type { Picture } from "@interfuse/image-tokenizer";
import type { ContentPart } from "@interfuse/text-tokenizer";
import { type ChatRow, picturesOfRow } from "../chat-jsonl/chat-row.ts";
import type { Example, ExampleSource } from "../example.ts";
import type { UnreadablePicture } from "./picture-store.ts";

/** What was found in a dataset when it was opened. */
export type DatasetReport = {
  readonly folder: string;
  /** "chat": has a chat.jsonl; "folder": plain pictures; "tokenized": encoded by an image tokenizer. */
  readonly kind: "chat" | "folder" | "tokenized";
  /** Number of usable examples of each task. */
  readonly examplesByTask: Record<string, number>;
  readonly numPictures: number;
  /** Number of pictures by "WIDTHxHEIGHT", after fitting to a size if one was asked for. */
  readonly sizes: Record<string, number>;
  /** Pictures that cannot be read; examples with one of them are left out. */
  readonly unreadable: readonly UnreadablePicture[];
  readonly captionsWithoutPicture: readonly string[];
  readonly picturesWithoutCaption: readonly string[];
  /** What a person should know, one sentence each: everything above that is not as it should be. */
  readonly warnings: readonly string[];
};

/** Where a dataset's pictures are read from, by their paths in its rows. */
export interface ImageStore<Image> {
  /** @throws Error naming the file when it cannot be read. */
  read(file: string): Promise<Image>;
}

/** The usable examples of a data set, and their pictures on demand. Made by `openDataset` or `openTokenizedDataset`. */
export class Dataset<Image = Picture> implements ExampleSource<Image> {
  readonly report: DatasetReport;
  /** The usable examples as they stand on disk. */
  readonly rows: readonly ChatRow[];
  readonly #pictures: ImageStore<Image>;

  /** Use `openDataset` or `openTokenizedDataset`. */
  constructor(report: DatasetReport, { rows, pictures }: { rows: readonly ChatRow[]; pictures: ImageStore<Image> }) {
    this.report = report;
    this.rows = rows;
    this.#pictures = pictures;
  }

  /** The same dataset with only the rows that pass; the report counts them. */
  filter(keep: (row: ChatRow) => boolean): Dataset<Image> {
    const rows = this.rows.filter(keep);
    return new Dataset({ ...this.report, examplesByTask: countByTask(rows) }, { rows, pictures: this.#pictures });
  }

  get numExamples(): number {
    return this.rows.length;
  }

  fingerprint(): string {
    return hashOf(this.rows.map(({ task, kind, messages }) => ({ task, kind, messages })));
  }

  taskOf(index: number): string {
    return this.#row(index).task;
  }

  kindOf(index: number): string | undefined {
    return this.#row(index).kind;
  }

  async readExample(index: number): Promise<Example<Image>> {
    const row = this.#row(index);
    const messages = row.messages.map(async ({ role, content }) => ({ role, content: await this.#content(content) }));
    return { id: row.id, task: row.task, messages: await Promise.all(messages) };
  }

  /** Every text of the dataset, as a tokenizer is trained on it. */
  *texts(): Generator<string> {
    for (const { messages } of this.rows) {
      for (const { content } of messages) {
        if (typeof content === "string") yield content;
        else for (const part of content) if (part.type === "text") yield part.text;
      }
    }
  }

  /** The pictures' paths, each once, in the order of the rows. */
  pictureFiles(): string[] {
    return [...new Set(this.rows.flatMap(picturesOfRow))];
  }

  /** One picture. @throws Error naming the file when it cannot be read. */
  readPicture(file: string): Promise<Image> {
    return this.#pictures.read(file);
  }

  /** The dataset's pictures by themselves, each once, as an image tokenizer is trained on them: task "picture". */
  pictures(): ExampleSource<Image> {
    const files = this.pictureFiles();
    return {
      numExamples: files.length,
      fingerprint: () => hashOf(files),
      taskOf: () => "picture",
      readExample: async (index) => {
        const file = files[index];
        if (file === undefined) throw new RangeError(`readExample: index (=${index}) must be below ${files.length}`);
        const image = await this.#pictures.read(file);
        return { id: file, task: "picture", messages: [{ role: "assistant", content: [{ type: "image", image }] }] };
      },
    };
  }

  async #content(content: ChatRow["messages"][number]["content"]): Promise<ContentPart<Image>[]> {
    if (typeof content === "string") return [{ type: "text", text: content }];
    return Promise.all(
      content.map(async (part) =>
        part.type === "text" ? part : { type: "image" as const, image: await this.#pictures.read(part.file) },
      ),
    );
  }

  #row(index: number): ChatRow {
    const row = this.rows[index];
    if (row === undefined) throw new RangeError(`Dataset: index (=${index}) must be from 0 to ${this.rows.length - 1}`);
    return row;
  }
}

/** Number of rows of each task. */
export function countByTask(rows: readonly ChatRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { task } of rows) counts[task] = (counts[task] ?? 0) + 1;
  return counts;
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
