/** The provider: which server is asked, and models by name. */
import { type ImageModelV3, type LanguageModelV3, NoSuchModelError, type ProviderV3 } from "@ai-sdk/provider";
import { type FetchFunction, withoutTrailingSlash } from "@ai-sdk/provider-utils";
import { InterfuseImageModel } from "./image-model.ts";
import { InterfuseLanguageModel } from "./language-model.ts";
import type { Server } from "./server.ts";

/** Which server is asked, and how. */
export type InterfuseSettings = {
  /** Default "http://localhost:8000/v1". */
  readonly baseURL?: string;
  /** As `interfuse api-key` made it; servers without keys need none. */
  readonly apiKey?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the global one. */
  readonly fetch?: FetchFunction;
};

/** Called with a model's id it gives the language model. */
export type InterfuseProvider = ProviderV3 & {
  (modelId: string): LanguageModelV3;
  /** Answers in text and images. */
  languageModel(modelId: string): LanguageModelV3;
  /** Draws, and edits the images it is given. */
  imageModel(modelId: string): ImageModelV3;
  /** The same as `imageModel`. */
  image(modelId: string): ImageModelV3;
};

/** A provider for one server. */
export function createInterfuse(settings: InterfuseSettings = {}): InterfuseProvider {
  const { baseURL = "http://localhost:8000/v1", apiKey, headers, fetch } = settings;
  const server: Server = {
    baseURL: withoutTrailingSlash(baseURL) as string,
    headers: { ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }), ...headers },
    fetch,
  };
  const languageModel = (modelId: string) => new InterfuseLanguageModel(modelId, server);
  const imageModel = (modelId: string) => new InterfuseImageModel(modelId, server);
  return Object.assign((modelId: string) => languageModel(modelId), {
    specificationVersion: "v3" as const,
    languageModel,
    imageModel,
    image: imageModel,
    embeddingModel: (modelId: string): never => {
      throw new NoSuchModelError({ modelId, modelType: "embeddingModel" });
    },
  });
}

/** The provider for `interfuse serve` on this machine. */
export const interfuse = createInterfuse();
