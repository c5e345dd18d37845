/** Requests to the server, and its errors as those of the AI SDK. */
import { APICallError } from "@ai-sdk/provider";
import {
  combineHeaders,
  createJsonErrorResponseHandler,
  type FetchFunction,
  postJsonToApi,
  type ResponseHandler,
} from "@ai-sdk/provider-utils";
import { z } from "zod";

export type Server = {
  /** Without a slash at its end. */
  readonly baseURL: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: FetchFunction | undefined;
};

/** Name under which the provider's options and metadata stand. */
export const PROVIDER = "interfuse";

/** The body of an error, also inside a stream. */
export const errorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullish(),
    code: z.string().nullish(),
  }),
});

type Call<Value> = {
  readonly path: string;
  readonly body: object;
  readonly successfulResponseHandler: ResponseHandler<Value>;
  readonly headers: Readonly<Record<string, string | undefined>> | undefined;
  readonly abortSignal: AbortSignal | undefined;
};

/** @throws {APICallError} for every answer but 200; 429 and those of the server's own trouble may be tried again */
export function post<Value>({ baseURL, headers, fetch }: Server, { path, headers: more, ...call }: Call<Value>) {
  return postJsonToApi<Value>({
    ...call,
    url: baseURL + path,
    headers: combineHeaders(headers, more),
    failedResponseHandler: createJsonErrorResponseHandler({
      errorSchema,
      errorToMessage: ({ error }) => error.message,
    }),
    fetch,
  });
}

/** An error that came in a stream whose status was 200 already. */
export function streamError(body: z.output<typeof errorSchema>, url: string, requestBodyValues: unknown): APICallError {
  const { message, type } = body.error;
  const isRetryable = type === "server_error" || type === "rate_limit_error";
  return new APICallError({ message, url, requestBodyValues, isRetryable, data: body });
}
