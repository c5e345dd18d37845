/** What training and evaluation take from every kind of dataset: a conversation with its pictures, decoded or encoded. */
import type { Picture } from "@interfuse/image-tokenizer";
import type { Message } from "@interfuse/text-tokenizer";

/** One example of a dataset. */
export type Example<Image = Picture> = {
  /** Unique in its dataset. */
  readonly id: string;
  /** What it teaches: "draw", "describe", "ask", "edit", or a name of the dataset's own. */
  readonly task: string;
  readonly messages: readonly Message<Image>[];
};

/** Anything that examples can be read from by index. The same index and content give the same example, always. */
export interface ExampleSource<Image = Picture> {
  readonly numExamples: number;
  /** The task of each example, by index. */
  taskOf(index: number): string;
  /** Tells these data from others of the same number: a hash of texts and file names, not of pixels. */
  fingerprint?(): string;
  /** The kind of each example within its task, where the source knows kinds. */
  kindOf?(index: number): string | undefined;
  /** @throws Error naming the file when a picture cannot be read. */
  readExample(index: number): Promise<Example<Image>>;
}

/** The pictures of an example, in order. */
export function picturesIn<Image>(example: Example<Image>): Image[] {
  return example.messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === "image" ? [part.image] : [])),
  );
}
