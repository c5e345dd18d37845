/** Runs any number of requests through one session, as many at a time as fit a bounded cache. */
import {
  type Document,
  type GenerationEvent,
  type GenerationOptions,
  patchGrid,
  Session,
  type UnifiedModel,
} from "@interfuse/model";

/** A document to be answered. */
export type GenerationRequest = { readonly document: Document; readonly options: GenerationOptions };

/**
 * Tokens that running requests may hold in the cache together; one request may exceed it alone. Attention written in
 * TensorFlow.js ops (wasm, WebGPU) holds a dense [tokens, tokens] matrix a head, which this bounds to 17 MB.
 */
const MAX_RUNNING_TOKENS = 2048;

/** Yields, step by step, the events of all requests, each with the index of its request. */
export async function* runRequests(
  model: UnifiedModel,
  requests: readonly GenerationRequest[],
): AsyncGenerator<{ index: number; event: GenerationEvent }[], void, undefined> {
  const session = new Session(model);
  const running = new Map<number, { index: number; numTokens: number }>();
  let numTokens = 0;
  let next = 0;
  try {
    while (next < requests.length || running.size > 0) {
      for (; next < requests.length; next++) {
        const request = requests[next] as GenerationRequest;
        const needed = tokensOf(model, request);
        if (running.size > 0 && numTokens + needed > MAX_RUNNING_TOKENS) break;
        running.set(session.add(request.document, request.options), { index: next, numTokens: needed });
        numTokens += needed;
      }
      const events = await session.step();
      yield events.map(({ id, event }) => {
        const { index, numTokens: freed } = running.get(id) as { index: number; numTokens: number };
        if (event.type === "end") {
          running.delete(id);
          numTokens -= freed;
        }
        return { index, event };
      });
    }
  } finally {
    session.dispose();
  }
}

/** Cache slots that a request may come to need, its twin for guidance included. */
function tokensOf(model: UnifiedModel, { document, options }: GenerationRequest): number {
  const { maxTokens = 0, image } = options;
  const drawn = image === undefined ? 0 : (image.maxCount ?? 1) * imageTokens(model, image);
  const documents = image?.guidance === undefined ? [document] : [document, image.guidance.document];
  return documents.reduce((sum, each) => sum + documentTokens(model, each) + maxTokens + drawn, 0);
}

/** Tokens that a document takes in the model's context. */
export function documentTokens(model: UnifiedModel, { parts }: Document): number {
  return parts.reduce((sum, part) => sum + (part.kind === "text" ? part.tokenIds.length : imageTokens(model, part)), 0);
}

/** Tokens that an image of a latent grid takes: its patches and their frame. */
export function imageTokens(model: UnifiedModel, { height, width }: { height: number; width: number }): number {
  return patchGrid(height, width, model.objective.patchSize).numTokens + 2;
}
