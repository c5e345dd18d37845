import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connectServer } from "./server.ts";

const server = vi.fn<() => Promise<Response>>();
beforeEach(() => {
  vi.stubGlobal("document", { baseURI: "http://localhost/chat/" });
  vi.stubGlobal("fetch", server);
});
afterEach(() => void vi.unstubAllGlobals());

it("reads the models, with the addresses of their folders", async () => {
  const image = { size: "32x32", steps: 20, guidance_scale: 3 };
  server.mockResolvedValue(
    Response.json({ data: [{ id: "demo", context_length: 512, image, files: "models/demo/" }] }),
  );
  const { models } = await connectServer("");
  expect(models).toEqual([
    {
      id: "demo",
      contextLength: 512,
      imageSize: 32,
      steps: 20,
      guidanceScale: 3,
      filesUrl: "http://localhost/chat/models/demo/",
    },
  ]);
});

it.each([
  ["a page", new Response("<!doctype html>"), "unreachable"],
  ["other JSON", Response.json({}), "unreachable"],
  ["a server that wants a key", Response.json({ error: { message: "no" } }, { status: 401 }), "key-needed"],
])("says what is wrong with %s", async (_, response, kind) => {
  server.mockResolvedValue(response);
  await expect(connectServer("")).rejects.toMatchObject({ name: "AnswerError", kind });
});
