/** The OpenAPI 3.1 document, made from the schemas that check the requests. */
import { z } from "zod";
import type { Limits } from "../server/options.ts";
import { chatSchema } from "./schemas/chat.ts";
import { editSchema, generationSchema } from "./schemas/images.ts";
import { uiChatSchema } from "./schemas/ui-chat.ts";

const ERRORS: Readonly<Record<string, string>> = {
  400: "The request is wrong; `param` names the field",
  401: "No valid key",
  403: "Another host name or web page than those allowed",
  404: "No such model, image or path",
  409: "The Idempotency-Key came with another body before",
  413: "The body is too large",
  429: "The queue or this key's share of it is full; see Retry-After",
  500: "The server failed",
  503: "The server is shutting down, has no room for the body beside others, or the model's worker died; see Retry-After",
};

const errorSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["message", "type", "param", "code"],
      properties: {
        message: { type: "string" },
        type: { type: "string" },
        param: { type: ["string", "null"] },
        code: { type: ["string", "null"] },
      },
    },
  },
};

/** Describes every route and the bodies it takes. */
export function openApiDocument(limits: Limits): object {
  const edit = schemaOf(editSchema(limits));
  return {
    openapi: "3.1.0",
    info: { title: "Interfuse", version: "1", description: "Text and images in, text and images out." },
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      schemas: { Error: errorSchema },
    },
    security: [{ key: [] }],
    paths: {
      "/v1/chat/completions": { post: posted("Chat, streamed or whole", { json: schemaOf(chatSchema(limits)) }) },
      "/v1/images/generations": { post: posted("Draw images", { json: schemaOf(generationSchema(limits)) }) },
      "/v1/images/edits": { post: posted("Change images", { json: edit, form: edit }) },
      "/api/chat": {
        post: posted("Chat as a UI message stream of the AI SDK", { json: schemaOf(uiChatSchema(limits)) }),
      },
      "/v1/models": { get: got("The models that are served") },
      "/v1/models/{id}": { get: got("One model", ["id"]) },
      "/v1/files/{id}/content": { get: got("An image that was made here, as PNG", ["id"], "image/png") },
      "/models/{id}/{path}": {
        get: got("A file of a model that is shared", ["id", "path"], "application/octet-stream"),
      },
      "/healthz": { get: got("Whether the process answers") },
      "/readyz": { get: got("Whether requests are taken in") },
      "/metrics": { get: got("Measurements for Prometheus", [], "text/plain") },
    },
  };
}

function schemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" });
}

function posted(summary: string, { json, form }: { json: object; form?: object }) {
  const content = {
    "application/json": { schema: json },
    ...(form && { "multipart/form-data": { schema: form } }),
  };
  const answers = { "application/json": {}, "text/event-stream": {} };
  return { summary, requestBody: { required: true, content }, responses: responses(answers) };
}

function got(summary: string, names: readonly string[] = [], mediaType = "application/json") {
  const parameters = names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  return { summary, parameters, responses: responses({ [mediaType]: {} }) };
}

function responses(content: object) {
  const schema = { $ref: "#/components/schemas/Error" };
  const errors = Object.entries(ERRORS).map(([status, description]) => [
    status,
    { description, content: { "application/json": { schema } } },
  ]);
  return { 200: { description: "The answer", content }, ...Object.fromEntries(errors) };
}
