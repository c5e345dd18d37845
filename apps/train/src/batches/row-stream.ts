/**
 * Documents packed into rows of one fixed length, as a resumable stream of batches.
 *
 * A row takes documents in their order while they fit; the first that does not fit opens the next row. Every row has
 * exactly `tokens` tokens (the rest is filled), so that kernels see one shape.
 */
import type { Document, Layout, LayoutOptions } from "@interfuse/model";
import type { BatchStream, JsonValue } from "@interfuse/training";

/** Where documents come from: endless, and able to say where it stands. */
export interface DocumentStream {
  next(): Promise<Document>;
  /** Reopening the stream from here gives the same next document. */
  state(): JsonValue;
}

/** Lays documents out; `UnifiedModel.layout`, usually. */
export type LayOut = (documents: readonly Document[], overrides: Partial<LayoutOptions>) => Layout;

/** Rows of `tokens` tokens from a stream of documents. */
export class RowStream implements BatchStream<Layout> {
  readonly #documents: DocumentStream;
  readonly #layOut: LayOut;
  readonly #tokens: number;
  #pending: { document: Document; length: number } | undefined;
  /** The documents' state before the pending one was taken: a resumed stream takes it again. */
  #stateBeforePending: JsonValue;

  constructor(documents: DocumentStream, { layOut, tokens }: { layOut: LayOut; tokens: number }) {
    this.#documents = documents;
    this.#layOut = layOut;
    this.#tokens = tokens;
    this.#stateBeforePending = documents.state();
  }

  /** @throws RangeError when a document alone is longer than a row. */
  async next(): Promise<IteratorResult<Layout>> {
    const row: Document[] = [];
    let used = 0;
    for (;;) {
      const { document, length } = await this.#peek();
      if (used + length > this.#tokens) break;
      row.push(document);
      used += length;
      this.#pending = undefined;
      this.#stateBeforePending = this.#documents.state();
    }
    return { done: false, value: this.#layOut(row, { multipleOf: this.#tokens }) };
  }

  state(): JsonValue {
    return this.#stateBeforePending;
  }

  async #peek(): Promise<{ document: Document; length: number }> {
    if (this.#pending === undefined) {
      const document = await this.#documents.next();
      const { length } = this.#layOut([document], { multipleOf: 1 });
      if (length > this.#tokens) {
        throw new RangeError(
          `RowStream: document "${document.id ?? ""}" has ${length} tokens, more than a row (=${this.#tokens}); raise batch.tokens, or use smaller pictures or larger patches`,
        );
      }
      this.#pending = { document, length };
    }
    return this.#pending;
  }
}
