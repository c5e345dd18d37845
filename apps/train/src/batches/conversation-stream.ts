/** Examples of a data set as documents to train on, endlessly, each with its own random stream. */
import { type CursorState, type ExampleLoader, picturesIn } from "@interfuse/data";
import type { Document } from "@interfuse/model";
import { encodeConversation } from "@interfuse/pipeline";
import type { Generator } from "@interfuse/tensor";
import type { TextTokenizer } from "@interfuse/text-tokenizer";
import type { JsonValue } from "@interfuse/training";
import type { PictureEncoder, TrainingImage } from "./picture-encoder.ts";
import type { DocumentStream } from "./row-stream.ts";

export type ConversationStreamOptions = {
  readonly loader: ExampleLoader<TrainingImage>;
  readonly textTokenizer: TextTokenizer;
  readonly pictures: PictureEncoder;
  /** The share of examples whose user messages are emptied (guidance dropout). */
  readonly dropUserProbability: number;
  /** Decides which; the i-th example of a run draws from `fork(i)`. */
  readonly generator: Generator;
};

/** See the file's header. */
export class ConversationStream implements DocumentStream {
  readonly #options: ConversationStreamOptions;

  constructor(options: ConversationStreamOptions) {
    this.#options = options;
  }

  async next(): Promise<Document> {
    const { loader, textTokenizer, pictures, dropUserProbability, generator } = this.#options;
    const example = await loader.next();
    const id = loader.state().numTaken;
    const latentsOf = await pictures.encode(picturesIn(example));
    const dropUser = generator.fork(id).uniform() < dropUserProbability;
    return encodeConversation(example.messages, { textTokenizer, latentsOf, dropUser, id });
  }

  state(): JsonValue {
    return this.#options.loader.state() satisfies CursorState;
  }
}
