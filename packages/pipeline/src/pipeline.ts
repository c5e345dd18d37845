/**
 * Strings and pictures in, strings and pictures out. Drawing, describing, answering and editing are all the same thing,
 * a conversation that the model goes on with; the functions here differ in the conversation and in what they return.
 */
import type { ImageTokenizer, Picture } from "@interfuse/image-tokenizer";
import type { UnifiedModel } from "@interfuse/model";
import type { ContentPart, Message, TextTokenizer } from "@interfuse/text-tokenizer";
import { type GenerationSettings, resolveGenerationSettings } from "./config/pipeline-config.ts";
import type { PipelineParts } from "./folder/save-pipeline.ts";
import { assertPicture, assertTexts } from "./generation/assert-inputs.ts";
import type { IndexedEvent, PipelineEvent } from "./generation/events.ts";
import {
  type AnswerOptions,
  type ChatOptions,
  checkImageSize,
  type DrawOptions,
  resolveImageSampling,
  resolveTextSampling,
} from "./generation/options.ts";
import { PipelineSession } from "./generation/pipeline-session.ts";
import { prepareRequests, type RequestParts, type Task } from "./generation/prepare-requests.ts";

type Conversation = readonly Message<Picture>[];

/**
 * A model with its tokenizers, ready to use. Every function also takes arrays; what an input gives does not depend on
 * the inputs beside it. Functions may run at the same time; each has a cache of its own.
 */
export class Pipeline {
  readonly model: UnifiedModel;
  readonly textTokenizer: TextTokenizer;
  readonly imageTokenizer: ImageTokenizer;
  /** How the model draws and describes unless told otherwise. */
  readonly generation: GenerationSettings;
  readonly #forbiddenTokenIds: readonly number[];

  /** The parts belong to the pipeline from now on; `loadPipeline` makes them from a model folder. */
  constructor({ model, textTokenizer, imageTokenizer, generation }: PipelineParts) {
    this.model = model;
    this.textTokenizer = textTokenizer;
    this.imageTokenizer = imageTokenizer;
    this.generation = resolveGenerationSettings(generation);
    this.#forbiddenTokenIds = tokensNeverSaid(model, textTokenizer);
  }

  /** Pixels that a patch covers in each direction: the sides of all pictures must be multiples of it. */
  get sizeUnit(): number {
    return this.imageTokenizer.downsampling * this.model.objective.patchSize;
  }

  /**
   * Draws what a prompt says.
   * @throws {RangeError} when an option is out of range or the prompt is longer than the model's context
   */
  draw(prompt: string, options?: DrawOptions): Promise<Picture>;
  draw(prompts: readonly string[], options?: DrawOptions): Promise<Picture[]>;
  async draw(prompt: string | readonly string[], options: DrawOptions = {}): Promise<Picture | Picture[]> {
    const prompts = typeof prompt === "string" ? [prompt] : prompt;
    assertTexts("draw", prompts);
    const image = resolveImageSampling("draw", options, this.#sizes());
    const pictures = await this.#draw(
      prompts.map((text) => [user([{ type: "text", text }])]),
      { operation: "draw", seed: options.seed ?? 0, images: prompts.map(() => image), maxImages: 1 },
      options,
    );
    return typeof prompt === "string" ? (pictures[0] as Picture) : pictures;
  }

  /**
   * Changes a picture as the instruction says; the result has its size unless told otherwise.
   * @throws {RangeError} as `draw`, and when the picture's size does not fit the model
   */
  edit(picture: Picture, instruction: string, options?: DrawOptions): Promise<Picture>;
  edit(pictures: readonly Picture[], instructions: readonly string[], options?: DrawOptions): Promise<Picture[]>;
  async edit(
    picture: Picture | readonly Picture[],
    instruction: string | readonly string[],
    options: DrawOptions = {},
  ): Promise<Picture | Picture[]> {
    const pairs = pairUp("edit", picture, instruction);
    const conversations = pairs.map(({ picture: image, text }) => [this.#aboutPicture("edit", image, text)]);
    const images = pairs.map(({ picture: { width, height } }) =>
      resolveImageSampling("edit", { width, height, ...options }, this.#sizes()),
    );
    const task = { operation: "edit", seed: options.seed ?? 0, images, maxImages: 1 };
    const pictures = await this.#draw(conversations, task, options);
    return isList(picture) ? pictures : (pictures[0] as Picture);
  }

  /**
   * Says what a picture shows.
   * @throws {RangeError} when an option is out of range or the picture's size does not fit the model
   */
  describe(picture: Picture, options?: AnswerOptions): Promise<string>;
  describe(pictures: readonly Picture[], options?: AnswerOptions): Promise<string[]>;
  async describe(picture: Picture | readonly Picture[], options: AnswerOptions = {}): Promise<string | string[]> {
    const pictures = isList(picture) ? picture : [picture];
    const { describePrompt } = this.generation;
    const conversations = pictures.map((image) => [this.#aboutPicture("describe", image, describePrompt)]);
    const texts = await this.#answer("describe", conversations, options);
    return isList(picture) ? texts : (texts[0] as string);
  }

  /**
   * Answers a question about a picture.
   * @throws {RangeError} as `describe`
   */
  ask(picture: Picture, question: string, options?: AnswerOptions): Promise<string>;
  ask(pictures: readonly Picture[], questions: readonly string[], options?: AnswerOptions): Promise<string[]>;
  async ask(
    picture: Picture | readonly Picture[],
    question: string | readonly string[],
    options: AnswerOptions = {},
  ): Promise<string | string[]> {
    const pairs = pairUp("ask", picture, question);
    const conversations = pairs.map(({ picture: image, text }) => [this.#aboutPicture("ask", image, text)]);
    const texts = await this.#answer("ask", conversations, options);
    return isList(picture) ? texts : (texts[0] as string);
  }

  /**
   * Goes on with a conversation, whose last message is the user's: text and images as they come. Leaving the loop early
   * stops the model.
   * @throws {RangeError} at the first event, as `draw` and `describe`
   */
  async *chat(messages: Conversation, options: ChatOptions = {}): AsyncGenerator<PipelineEvent, void, undefined> {
    const session = this.openSession();
    try {
      await session.add({ messages, answer: "chat", options });
      while (session.numOpen > 0) {
        for (const { event } of await session.step()) {
          if (event.type === "error") throw event.error;
          yield event;
        }
      }
    } finally {
      session.dispose();
    }
  }

  /**
   * A session for conversations that come and go, over shared steps; dispose it when done.
   * @param options.maxRunningTokens tokens that running conversations may hold in the cache together, default 2048
   */
  openSession(options: { maxRunningTokens?: number } = {}): PipelineSession {
    const { sizeUnit } = this;
    return new PipelineSession({ ...this.#requestParts(), generation: this.generation, sizeUnit }, options);
  }

  /** Frees the model and its tokenizers; the pipeline cannot be used afterwards. */
  dispose(): void {
    this.model.dispose();
    this.textTokenizer.dispose();
    this.imageTokenizer.dispose();
  }

  async #draw(conversations: readonly Conversation[], task: Task, options: DrawOptions): Promise<Picture[]> {
    const pictures: Picture[] = [];
    for await (const indexed of this.#events(conversations, task, options.numPreviews ?? 0)) {
      if (indexed.event.type === "image") pictures[indexed.index] = indexed.event.picture;
      options.onEvent?.(indexed);
    }
    return pictures;
  }

  async #answer(operation: string, conversations: readonly Conversation[], options: AnswerOptions): Promise<string[]> {
    const text = resolveTextSampling(operation, options);
    const texts = conversations.map(() => "");
    const task = { operation, seed: options.seed ?? 0, text, maxImages: 0 };
    for await (const indexed of this.#events(conversations, task, 0)) {
      if (indexed.event.type === "text") texts[indexed.index] += indexed.event.text;
      options.onEvent?.(indexed);
    }
    return texts;
  }

  async *#events(
    conversations: readonly Conversation[],
    task: Task,
    numPreviews: number,
  ): AsyncGenerator<IndexedEvent, void, undefined> {
    const requests = await prepareRequests(conversations, task, this.#requestParts());
    const session = this.openSession();
    try {
      for (const request of requests) session.addRequest(request, { numPreviews });
      while (session.numOpen > 0) {
        for (const { id, event } of await session.step()) {
          if (event.type === "error") throw event.error;
          yield { index: id, event };
        }
      }
    } finally {
      session.dispose();
    }
  }

  #requestParts(): RequestParts {
    const { model, textTokenizer, imageTokenizer } = this;
    return { model, textTokenizer, imageTokenizer, forbiddenTokenIds: this.#forbiddenTokenIds };
  }

  #aboutPicture(operation: string, picture: Picture, text: string): Message<Picture> {
    this.#checkPicture(operation, picture);
    return user([
      { type: "image", image: picture },
      { type: "text", text },
    ]);
  }

  #checkPicture(operation: string, picture: Picture): void {
    assertPicture(operation, picture);
    const { width, height } = picture;
    checkImageSize(operation, { what: "the picture given", width, height }, this.#sizes());
  }

  #sizes(): { settings: GenerationSettings; unit: number } {
    return { settings: this.generation, unit: this.sizeUnit };
  }
}

function user(content: ContentPart<Picture>[]): Message<Picture> {
  return { role: "user", content };
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** @throws {RangeError} when there are not as many texts as pictures */
function pairUp(
  operation: string,
  picture: Picture | readonly Picture[],
  text: string | readonly string[],
): { picture: Picture; text: string }[] {
  const pictures = isList(picture) ? picture : [picture];
  const texts = typeof text === "string" ? [text] : text;
  assertTexts(operation, texts);
  if (pictures.length !== texts.length) {
    throw new RangeError(
      `${operation}: ${pictures.length} pictures and ${texts.length} texts; give one text for each picture`,
    );
  }
  return pictures.map((each, i) => ({ picture: each, text: texts[i] as string }));
}

/** Ids that an answer must not hold: special tokens other than its end and an image's begin, and ids without a token. */
function tokensNeverSaid(model: UnifiedModel, textTokenizer: TextTokenizer): number[] {
  const { vocabSize, frame } = model.config;
  const special = new Set(Object.values(textTokenizer.specialTokens));
  const ids: number[] = [];
  for (let id = 0; id < vocabSize; id++) {
    const isAllowed = id === frame.eos || id === frame.boi || (textTokenizer.hasToken(id) && !special.has(id));
    if (!isAllowed) ids.push(id);
  }
  return ids;
}
