/** Conversations to requests of the model: pictures to latents, the twin for guidance, and whether it all fits. */
import type { ImageTokenizer, Picture } from "@interfuse/image-tokenizer";
import type { Document, GenerationOptions, UnifiedModel } from "@interfuse/model";
import { Generator } from "@interfuse/tensor";
import type { Message, TextTokenizer } from "@interfuse/text-tokenizer";
import { encodePrompt } from "../chat-template/encode-conversation.ts";
import { encodePictures, type LatentImage } from "../chat-template/encode-pictures.ts";
import type { ResolvedImageSampling, ResolvedTextSampling } from "./options.ts";
import { documentTokens, type GenerationRequest, imageTokens } from "./request-tokens.ts";

/** What is asked of a conversation. */
export type Task = {
  /** Names the caller in messages. */
  readonly operation: string;
  /** Of the first conversation; the next ones have the next numbers. */
  readonly seed: number;
  /** Left out, no text is sampled: the answer is one image, drawn at once. */
  readonly text?: ResolvedTextSampling;
  /** Left out, no image is drawn; one entry per conversation. */
  readonly images?: readonly ResolvedImageSampling[];
  /** Most images of an answer. */
  readonly maxImages: number;
};

/** What a conversation that does not fit is refused with. */
export class ContextLengthError extends RangeError {
  override readonly name = "ContextLengthError";
}

/** What turns conversations into requests. */
export type RequestParts = {
  readonly model: UnifiedModel;
  readonly textTokenizer: TextTokenizer;
  readonly imageTokenizer: ImageTokenizer;
  /** Ids that are never sampled. */
  readonly forbiddenTokenIds: readonly number[];
};

/**
 * Makes a request of each conversation.
 * @throws {ContextLengthError} when one does not fit into the model's context
 */
export async function prepareRequests(
  conversations: readonly (readonly Message<Picture>[])[],
  task: Task,
  parts: RequestParts,
): Promise<GenerationRequest[]> {
  const { model, textTokenizer, imageTokenizer } = parts;
  const { operation, text, images, maxImages } = task;
  const latents = await encodeAll(conversations, imageTokenizer);
  const latentsOf = (picture: Picture): LatentImage => latents.get(picture) as LatentImage;
  return conversations.map((messages, index) => {
    const document = encodePrompt(messages, { textTokenizer, latentsOf });
    const sampling = images?.[index];
    const grid = sampling && latentGrid(sampling, imageTokenizer);
    const guidance = sampling &&
      sampling.guidanceScale !== 1 && {
        scale: sampling.guidanceScale,
        document: encodePrompt(withoutPrompt(messages, sampling.negativePrompt), { textTokenizer, latentsOf }),
      };
    const numAnswerTokens = text === undefined && grid !== undefined ? imageTokens(model, grid) : 1;
    const assertDocumentFits = (what: string, prompt: Document) => {
      const numPromptTokens = documentTokens(model, prompt);
      assertFits(operation, { what, numPromptTokens, numAnswerTokens, contextLength: model.config.contextLength });
    };
    assertDocumentFits(`input ${index}`, document);
    if (guidance) assertDocumentFits(`input ${index} with its negative prompt`, guidance.document);
    const options: GenerationOptions = {
      generator: new Generator(task.seed + index),
      forbiddenTokenIds: parts.forbiddenTokenIds,
      ...(text ?? { maxTokens: 0, firstTokenId: model.config.frame.boi }),
      ...(sampling &&
        grid && {
          image: {
            ...grid,
            maxCount: maxImages,
            numSteps: sampling.steps,
            solver: sampling.solver,
            ...(guidance && { guidance }),
          },
        }),
    };
    return { document, options };
  });
}

/** The twin for guidance: the user's messages emptied but for what the picture should not show. */
function withoutPrompt(messages: readonly Message<Picture>[], negativePrompt: string): Message<Picture>[] {
  const last = messages.length - 1;
  return messages.map(({ role, content }, index) => {
    if (role !== "user") return { role, content };
    return { role, content: index === last && negativePrompt !== "" ? [{ type: "text", text: negativePrompt }] : [] };
  });
}

/** Encodes every picture of all conversations, each once. */
async function encodeAll(
  conversations: readonly (readonly Message<Picture>[])[],
  imageTokenizer: ImageTokenizer,
): Promise<Map<Picture, LatentImage>> {
  const pictures = new Set<Picture>();
  for (const { content } of conversations.flat()) {
    for (const part of content) if (part.type === "image") pictures.add(part.image);
  }
  const list = [...pictures];
  const images = await encodePictures(list, imageTokenizer);
  return new Map(list.map((picture, i) => [picture, images[i] as LatentImage]));
}

function latentGrid({ width, height }: ResolvedImageSampling, { downsampling }: ImageTokenizer) {
  return { width: width / downsampling, height: height / downsampling };
}

function assertFits(
  operation: string,
  sizes: { what: string; numPromptTokens: number; numAnswerTokens: number; contextLength: number },
): void {
  const { what, numPromptTokens, numAnswerTokens, contextLength } = sizes;
  if (numPromptTokens + numAnswerTokens > contextLength) {
    throw new ContextLengthError(
      `${operation}: ${what} takes ${numPromptTokens} tokens and the answer at least ${numAnswerTokens}, more than ` +
        `the model's context of ${contextLength}; shorten the text, drop earlier messages or use smaller pictures`,
    );
  }
}
