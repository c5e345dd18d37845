import { ApiError } from "./api-error.ts";

/** The error for a path that nothing answers, with what is often the reason: clients want the base URL with its /v1. */
export function notFound(method: string, path: string, routes: readonly { readonly path: string }[]): ApiError {
  const hint = routes.some((route) => route.path === `/v1${path}`) ? "; the base URL for clients ends in /v1" : "";
  const message = `there is no ${method} ${path.slice(0, 200)} here; /openapi.json says what there is${hint}`;
  return new ApiError(404, "not_found", message);
}
