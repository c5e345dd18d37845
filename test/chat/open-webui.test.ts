/**
 * Open WebUI's rules, written down from its middleware (0.6.3x, `get_image_urls` and the stream handler): what it makes of an
 * answer is compared with what was drawn, and the frames of an answer with golden ones.
 */
import type { RunningServer } from "@interfuse/chat";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, writeModels } from "../support/chat-server.ts";

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
beforeAll(async () => {
  models = await writeModels();
  server = await startTestServer({ models: [{ folder: models.painter }] });
});
afterAll(async () => {
  await server.close();
  models.remove();
});

type Delta = { content?: unknown; images?: unknown };

/** What Open WebUI shows for a stream: the text, the images it stored as files, and URLs that it kept as they were. */
function openWebUi(stream: string): { text: string; files: string[]; urls: string[] } {
  const shown = { text: "", files: [] as string[], urls: [] as string[] };
  for (const line of stream.split("\n")) {
    if (!line.startsWith("data:") || line.slice(5).trim() === "[DONE]") continue;
    const { choices } = JSON.parse(line.slice(5)) as { choices: { delta: Delta }[] };
    const { delta } = choices[0] ?? {};
    if (delta === undefined) continue;
    for (const image of Array.isArray(delta.images) ? delta.images : []) {
      if (typeof image !== "object" || image === null || image.type !== "image_url") continue;
      const { url } = image.image_url ?? {};
      if (url) (url.startsWith("data:image/png;base64") ? shown.files : shown.urls).push(url);
    }
    if (typeof delta.content === "string") shown.text += delta.content;
  }
  return shown;
}

async function chat(fields: object): Promise<string> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "painter", messages: [{ role: "user", content: "draw" }], ...fields }),
  });
  expect(response.headers.get("content-type")).toMatch(fields && "stream" in fields ? /event-stream/ : /json/);
  return response.text();
}

const settings = { max_tokens: 30, steps: 2, seed: 1 };

describe("Open WebUI", () => {
  it("stores every image once, as a file", async () => {
    const { choices } = JSON.parse(await chat({ ...settings, max_images: 3 }));
    const images = choices[0].message.images.map(({ image_url }: { image_url: { url: string } }) => image_url.url);
    const shown = openWebUi(await chat({ ...settings, max_images: 3, stream: true }));
    const pixels = (urls: string[]) => urls.map((url) => url.slice(-80));
    expect(pixels(shown.files)).toEqual(pixels(images));
    expect(shown.urls).toEqual([]);
    expect(shown.text).toBe(choices[0].message.content);
  });

  it("shows links in their places in the mode for them", async () => {
    const shown = openWebUi(await chat({ ...settings, image_mode: "markdown", stream: true }));
    expect(shown.text).toMatch(/!\[image\]\(http:\/\/127\.0\.0\.1:\d+\/v1\/files\/img_[\w-]{22}\/content\)/);
    expect([shown.files, shown.urls]).toEqual([[], []]);
    const both = openWebUi(await chat({ ...settings, image_mode: "both", stream: true }));
    expect(both.files).toHaveLength(1);
    expect(both.text).toMatch(/!\[image\]\(/);
  });

  it("reads these frames", async () => {
    const stream = await chat({
      ...settings,
      modalities: ["image"],
      stream: true,
      stream_options: { include_usage: true },
    });
    const frames = stream
      .replaceAll(/"id":"chatcmpl-[0-9a-f]{32}"/g, '"id":"chatcmpl-ID"')
      .replaceAll(/"id":"img_[\w-]{22}"/g, '"id":"img_ID"')
      .replaceAll(/"created":\d+/g, '"created":0')
      .replaceAll(/base64,[\w+/=]+/g, "base64,PNG");
    const head =
      '{"id":"chatcmpl-ID","object":"chat.completion.chunk","created":0,"model":"painter","seed":1,"choices":';
    const choice = (delta: string, end = "null") =>
      `[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${end}}]`;
    expect(frames.split("\n\n")).toEqual([
      `data: ${head}${choice('{"role":"assistant","content":""}')}}`,
      `data: ${head}${choice('{"content":"","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,PNG"},"index":0,"id":"img_ID","seed":1}]}')}}`,
      `data: ${head}${choice("{}", '"stop"')}}`,
      `data: ${head}[],"usage":{"prompt_tokens":7,"completion_tokens":6,"total_tokens":13,"prompt_tokens_details":{"text_tokens":7,"image_tokens":0,"cached_tokens":0},"completion_tokens_details":{"text_tokens":0,"image_tokens":6,"reasoning_tokens":0}}}`,
      "data: [DONE]",
      "",
    ]);
  });

  it("draws with its own settings and model names", async () => {
    const response = await fetch(`${server.url}/v1/images/generations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "dall-e-3",
        prompt: "a",
        n: 1,
        size: "8x8",
        response_format: "b64_json",
        steps: 1,
      }),
    });
    expect(await response.json()).toMatchObject({ data: [{ b64_json: expect.any(String) }], model: "painter" });
  });
});
