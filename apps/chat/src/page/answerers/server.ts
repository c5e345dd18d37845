/** The server that sent this page, asked by `POST api/chat` (the AI SDK's UI message stream). */
import { blobToDataUrl } from "../data-url.ts";
import {
  AnswerError,
  type AnswerErrorKind,
  type AnswerEvent,
  type Answerer,
  type AnswerMessage,
  type AnswerModel,
  type AnswerRequest,
} from "./answerer.ts";
import { readUiStream } from "./ui-stream.ts";

/** A model as `GET v1/models` tells it; `image` is ours beside OpenAI's fields. */
type ListedModel = {
  readonly id: string;
  readonly context_length: number;
  readonly image: { readonly size: string; readonly steps: number; readonly guidance_scale: number };
  readonly files?: string;
};

/** What modalities each way of answering is. */
const MODALITIES = { auto: ["text", "image"], image: ["image"], text: ["text"] } as const;

/**
 * Asks the server which models it has.
 * @param apiKey "" for none
 * @throws {AnswerError} when it does not answer, or needs another key
 */
export async function connectServer(apiKey: string, signal?: AbortSignal): Promise<Answerer> {
  const response = await send("v1/models", { headers: headersFor(apiKey), signal });
  return {
    id: "server",
    place: "server",
    description: "on this server",
    models: await readModels(response),
    ask: (request, askSignal) => ask(request, { apiKey, signal: askSignal }),
  };
}

async function* ask(
  request: AnswerRequest,
  { apiKey, signal }: { apiKey: string; signal: AbortSignal },
): AsyncGenerator<AnswerEvent, void, undefined> {
  const body = JSON.stringify({
    model: request.model,
    messages: await Promise.all(request.messages.map(uiMessage)),
    modalities: MODALITIES[request.answerWith],
    seed: request.seed,
    steps: request.steps,
    guidance_scale: request.guidanceScale,
    temperature: request.temperature,
    previews: request.numPreviews,
  });
  const headers = { ...headersFor(apiKey), "content-type": "application/json" };
  const response = await send("api/chat", { method: "POST", headers, body, signal });
  if (response.body === null) throw new AnswerError("failed", "The server answered with nothing.");
  try {
    yield* readUiStream(response.body);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function headersFor(apiKey: string): Record<string, string> {
  return apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, document.baseURI), init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new AnswerError("unreachable", "The server does not answer.", { cause });
  }
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  throw new AnswerError(kindOf(response.status), await messageOf(response), {
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  });
}

function kindOf(status: number): AnswerErrorKind {
  if (status === 401) return "key-needed";
  if (status === 429 || status === 503) return "busy";
  return status < 500 ? "refused" : "failed";
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    return (JSON.parse(text) as { error: { message: string } }).error.message;
  } catch {
    return `The server answered with status ${response.status}.`;
  }
}

async function uiMessage({ role, parts }: AnswerMessage) {
  const read = async (part: AnswerMessage["parts"][number]) =>
    part.type === "text" ? part : { type: "file", mediaType: part.image.type, url: await blobToDataUrl(part.image) };
  return { role, parts: await Promise.all(parts.map(read)) };
}

/** What is no list of models comes from something else, such as the sign-in page of a network. */
async function readModels(response: Response): Promise<AnswerModel[]> {
  try {
    const { data } = (await response.json()) as { data: readonly ListedModel[] };
    return data.map(readModel);
  } catch (cause) {
    throw new AnswerError("unreachable", "Something other than the server answers at its address.", { cause });
  }
}

function readModel({ id, context_length, image, files }: ListedModel): AnswerModel {
  return {
    id,
    contextLength: context_length,
    imageSize: Number.parseInt(image.size, 10),
    steps: image.steps,
    guidanceScale: image.guidance_scale,
    filesUrl: files && new URL(files, document.baseURI).href,
  };
}
