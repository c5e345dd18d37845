/** openai 7 against a running server, where Node is new enough for it; what openai 6 does is in openai.test.ts. */
import type { RunningServer } from "@interfuse/chat";
import { readPngText } from "@interfuse/data";
import type OpenAI from "openai-7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENDLESS_STEPS, pictureUrl, startTestServer, writeModels } from "../support/chat-server.ts";

const [major = 0] = process.versions.node.split(".").map(Number);
const bytes = (base64 = "") => Buffer.from(base64.slice(base64.indexOf(",") + 1), "base64");

/** Our field of messages and deltas. */
type WithImages = { images?: { image_url: { url: string } }[] };
const imagesOf = (message: object = {}) => (message as WithImages).images ?? [];

// The client itself refuses older versions of Node; `openai.test.ts` has version 6 everywhere.
describe.skipIf(major < 22)("openai 7 (needs Node 22)", () => {
  let models: Awaited<ReturnType<typeof writeModels>>;
  let server: RunningServer;
  let client: OpenAI;
  let toFile: typeof import("openai-7").toFile;
  beforeAll(async () => {
    models = await writeModels();
    server = await startTestServer({ models: [{ folder: models.painter }] });
    const openai = await import("openai-7");
    toFile = openai.toFile;
    client = new openai.default({ baseURL: `${server.url}/v1`, apiKey: "any", maxRetries: 0 });
  });
  afterAll(async () => {
    await server.close();
    models.remove();
  });

  const chat = async () => ({
    model: "painter",
    messages: [
      {
        role: "user" as const,
        content: [
          { type: "text" as const, text: "draw it" },
          { type: "image_url" as const, image_url: { url: await pictureUrl(1) } },
        ],
      },
    ],
    max_tokens: 8,
    seed: 1,
    ...{ steps: 2 },
  });

  it("takes a picture and answers with one, whole and streamed", async () => {
    const whole = await client.chat.completions.create(await chat());
    const images = imagesOf(whole.choices[0]?.message);
    expect(readPngText(bytes(images[0]?.image_url.url))).toMatchObject({ prompt: "draw it", seed: "1" });
    const helper = client.chat.completions.stream(await chat());
    const { choices } = await helper.finalChatCompletion();
    expect(imagesOf(choices[0]?.message)).toEqual(
      images.map((image) => expect.objectContaining({ image_url: image.image_url })),
    );
    const streamed: string[] = [];
    for await (const chunk of await client.chat.completions.create({ ...(await chat()), stream: true })) {
      streamed.push(...imagesOf(chunk.choices[0]?.delta).map(({ image_url }) => image_url.url));
    }
    expect(streamed).toEqual(images.map(({ image_url }) => image_url.url));
  });

  it("draws, shows previews and edits", async () => {
    const settings = { prompt: "a red circle", ...{ seed: 4, steps: 6 } };
    const { data } = await client.images.generate({ ...settings, n: 2 });
    expect(data?.map(({ b64_json }) => readPngText(bytes(b64_json)).seed)).toEqual(["4", "5"]);
    const { data: named } = await client.images.generate({ ...settings, response_format: "url" });
    expect((await fetch(named?.[0]?.url ?? "")).headers.get("content-type")).toBe("image/png");
    const types: string[] = [];
    const stream = await client.images.generate({ ...settings, stream: true, partial_images: 2 });
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual([
      "image_generation.partial_image",
      "image_generation.partial_image",
      "image_generation.completed",
    ]);
    const image = await toFile(bytes(await pictureUrl(1)), "a.png", { type: "image/png" });
    const edited = await client.images.edit({ image, prompt: "red", ...{ steps: 2 } });
    expect(edited.data).toHaveLength(1);
  });

  it("lists models, throws what is wrong, and cancels when it is aborted", async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["painter"]);
    const wrong = client.chat.completions.create({ ...(await chat()), model: "nobody" });
    await expect(wrong).rejects.toMatchObject({ status: 404, code: "model_not_found" });
    const long = { ...(await chat()), modalities: ["image"] as never, ...{ steps: ENDLESS_STEPS } };
    const stream = await client.chat.completions.create({ ...long, stream: true });
    for await (const _ of stream) break;
    await expect.poll(() => server.engine.numOpenJobs, { interval: 5 }).toBe(0);
  });
});
