/** Errors as OpenAI's clients expect them: a status, and `{ error: { message, type, param, code } }`. */
import { IdempotencyError } from "../answers/running-answers.ts";
import { BusyError } from "../engine/engine.ts";
import type { JobError } from "../engine/protocol.ts";

/** Every status that an error of this server may have. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503;

/** The `type` of each status. */
const TYPES: Readonly<Record<ErrorStatus, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "invalid_request_error",
  429: "rate_limit_error",
  500: "server_error",
  503: "server_error",
};

/** The body of an error, also inside a stream. */
export type ErrorBody = {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
};

/** An answer other than what was asked for. */
export class ApiError extends Error {
  readonly status: ErrorStatus;
  readonly code: string;
  /** The field that is wrong, as `messages.0.content`. */
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ErrorStatus,
    code: string,
    message: string,
    {
      param = null,
      headers = {},
      cause,
    }: { param?: string | null; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.code = code;
    this.param = param;
    this.headers = headers;
  }

  get body(): ErrorBody {
    const { message, status, param, code } = this;
    return { error: { message, type: TYPES[status], param, code } };
  }

  toResponse(): Response {
    return Response.json(this.body, { status: this.status, headers: this.headers });
  }
}

/** The error that a failed job is for its client. What went wrong inside is for the log, not for the client. */
export function errorOfJob({ code, message }: JobError): ApiError {
  if (code === "internal") return new ApiError(500, code, "the model failed on this request");
  if (code === "worker_died" || code === "draining") return busy(503, code, message, 1);
  return new ApiError(400, code, message, { param: "messages" });
}

/** Any error as one for the client. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof IdempotencyError) return new ApiError(409, "idempotency_key_reused", error.message);
  if (error instanceof BusyError) {
    const { code, message, retryAfterSeconds } = error;
    return busy(code === "draining" ? 503 : 429, code, message, retryAfterSeconds);
  }
  return new ApiError(500, "internal", "the server failed on this request", { cause: error });
}

function busy(status: 429 | 503, code: string, message: string, seconds: number): ApiError {
  return new ApiError(status, code, message, { headers: { "retry-after": String(seconds) } });
}
