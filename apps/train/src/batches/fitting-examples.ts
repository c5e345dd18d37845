/** Leaves out, before a run begins, the examples that are longer than a row: no row could take them when their turn comes. */
import type { ChatRow, Dataset } from "@interfuse/data";
import type { ImageTokenizer } from "@interfuse/image-tokenizer";
import type { Document, UnifiedModel } from "@interfuse/model";
import { encodeConversation, type LatentImage } from "@interfuse/pipeline";
import type { Message, TextTokenizer } from "@interfuse/text-tokenizer";
import { UsageError } from "../config/usage-error.ts";

export type FittingOptions = {
  readonly textTokenizer: TextTokenizer;
  readonly imageTokenizer: ImageTokenizer;
  readonly model: UnifiedModel;
  /** The side of every picture, in pixels. */
  readonly imageSize: number;
  /** The length of a row. */
  readonly tokens: number;
  readonly log: (line: string) => void;
};

/**
 * The dataset without what is too long, which is logged; no picture is read.
 * @throws UsageError when nothing is left.
 */
export function fittingExamples<Image>(dataset: Dataset<Image>, options: FittingOptions): Dataset<Image> {
  const { textTokenizer, imageTokenizer, model, imageSize, tokens, log } = options;
  const side = imageSize / imageTokenizer.downsampling;
  const blank: LatentImage = {
    latents: new Float32Array(side * side * imageTokenizer.latentChannels),
    height: side,
    width: side,
  };
  const lengthOfForm = new Map<string, number>();
  const lengthOf = (row: ChatRow): number => {
    const document = encodeConversation(messagesOf(row), { textTokenizer, latentsOf: () => blank });
    const form = formOf(document);
    const length = lengthOfForm.get(form) ?? model.layout([document], { multipleOf: 1 }).length;
    lengthOfForm.set(form, length);
    return length;
  };
  const lengths = new Map(dataset.rows.map((row) => [row, lengthOf(row)]));
  const tooLong = [...lengths].filter(([, length]) => length > tokens).sort(([, a], [, b]) => b - a);
  const [longest] = tooLong;
  if (longest === undefined) return dataset;
  if (tooLong.length === dataset.rows.length) {
    throw new UsageError(
      `batch.tokens (=${tokens}): no example fits a row, the shortest has ${tooLong.at(-1)?.[1]} tokens; raise it, or use smaller pictures or larger patches`,
    );
  }
  log(
    `warning: examples longer than a row (batch.tokens=${tokens}) left out (${tooLong.length}): the longest is "${longest[0].id}" with ${longest[1]} tokens`,
  );
  return dataset.filter((row) => (lengths.get(row) as number) <= tokens);
}

/** What a document's length depends on, pictures being of one size: most of a dataset's documents share a few forms. */
function formOf({ parts }: Document): string {
  const forms = parts.map((part) =>
    part.kind === "text" ? [part.tokenIds.length, part.lossMask?.includes(true)] : part.hasLoss,
  );
  return JSON.stringify(forms);
}

function messagesOf({ messages }: ChatRow): Message<string>[] {
  return messages.map(({ role, content }) => ({
    role,
    content:
      typeof content === "string"
        ? [{ type: "text", text: content }]
        : content.map((part) => (part.type === "text" ? part : { type: "image", image: part.file })),
  }));
}
