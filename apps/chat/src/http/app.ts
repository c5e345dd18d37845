/** The routes of the server, and what stands before all of them. */
import { randomBytes } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { checkHost, checkKey, checkOrigin } from "../security/guard.ts";
import { securityHeaders } from "../security/headers.ts";
import { toApiError } from "./api-error.ts";
import { shareBodyMemory } from "./body-memory.ts";
import type { Env, ServerContext } from "./context.ts";
import { notFound } from "./not-found.ts";
import { openApiDocument } from "./openapi.ts";
import { readPageFiles } from "./page-files.ts";
import { chatCompletions } from "./routes/chat-completions.ts";
import { fileContent } from "./routes/files.ts";
import { imageEdits, imageGenerations } from "./routes/images.ts";
import { getModel, listModels } from "./routes/models.ts";
import { health, metrics, readiness } from "./routes/operations.ts";
import { pageFile } from "./routes/page.ts";
import { sharedFile } from "./routes/shared-file.ts";
import { uiChat } from "./routes/ui-chat.ts";

export function createApp(context: ServerContext): Hono<Env> {
  const { options } = context;
  const created = Math.floor(Date.now() / 1000);
  const needsKey = checkKey(options);
  const hasBody = shareBodyMemory(options.limits);
  const app = new Hono<Env>();
  app.use(describeRequest(context), checkHost(options), checkOrigin(options));
  app.get("/healthz", health());
  app.get("/readyz", readiness(context));
  app.get("/metrics", needsKey, metrics(context));
  const document = openApiDocument(options.limits);
  app.get("/openapi.json", (c) => c.json(document));
  app.get("/v1/files/:id/content", fileContent(context));
  app.get("/v1/models", needsKey, listModels(context, created));
  app.get("/v1/models/:id", needsKey, getModel(context, created));
  app.post("/v1/chat/completions", needsKey, hasBody, chatCompletions(context));
  app.post("/v1/images/generations", needsKey, hasBody, imageGenerations(context));
  app.post("/v1/images/edits", needsKey, hasBody, imageEdits(context));
  app.post("/api/chat", needsKey, hasBody, uiChat(context));
  const pageFiles = readPageFiles();
  if (pageFiles.size === 0) options.log('the web page is not built; "npm run build" does that');
  for (const [path, file] of pageFiles) app.get(path, pageFile(file));
  app.get("/models/:id/:path{.+}", needsKey, sharedFile(context));
  // Answers end with their clients, so there is never a stream to go on with.
  app.get("/api/chat/:id/stream", needsKey, (c) => c.body(null, 204));
  app.notFound((c) => notFound(c.req.method, c.req.path, app.routes).toResponse());
  app.onError((error, c) => {
    const apiError = toApiError(error);
    // What failed in the model is logged where its answer is made.
    if (apiError !== error && apiError.status === 500) {
      const { stack, message } = error;
      options.log(`request ${c.get("requestId")} failed: ${stack ?? message}`);
    }
    return apiError.toResponse();
  });
  return app;
}

/** Gives a request its id, every answer its headers, and counts it. */
function describeRequest({ metrics: measured, options }: ServerContext): MiddlewareHandler<Env> {
  const headers = Object.entries(securityHeaders(options));
  return async (c, next) => {
    const start = performance.now();
    const requestId = `req_${randomBytes(12).toString("base64url")}`;
    c.set("requestId", requestId);
    await next();
    c.header("x-request-id", requestId);
    for (const [name, value] of headers) {
      if (!c.res.headers.has(name)) c.header(name, value);
    }
    const labels = { route: routePath(c, -1), method: c.req.method, status: String(c.res.status) };
    measured.count(labels, (performance.now() - start) / 1000);
  };
}
