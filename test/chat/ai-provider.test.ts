/** Our provider with the AI SDK as it is, against a running server. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { createInterfuse, imagePreview } from "@interfuse/ai-provider";
import type { RunningServer } from "@interfuse/chat";
import { readPngText } from "@interfuse/data";
import { APICallError, generateImage, generateText, type ModelMessage, RetryError, streamText } from "ai";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENDLESS_STEPS, pictureUrl, startTestServer, writeModels } from "../support/chat-server.ts";

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
let interfuse: ReturnType<typeof createInterfuse>;
const asked: { path: string; body: Record<string, unknown>; headers: Headers }[] = [];
beforeAll(async () => {
  globalThis.AI_SDK_LOG_WARNINGS = false;
  models = await writeModels();
  server = await startTestServer({ models: [{ folder: models.talker }, { folder: models.painter }] });
  interfuse = createInterfuse({
    baseURL: `${server.url}/v1/`,
    apiKey: "key",
    headers: { "x-team": "red" },
    fetch: (url, init) => {
      const body = JSON.parse(String(init?.body)) as Record<string, unknown>;
      asked.push({ path: new URL(String(url)).pathname, body, headers: new Headers(init?.headers) });
      return fetch(url, init);
    },
  });
});
afterAll(async () => {
  await server.close();
  models.remove();
});

const bytes = (url: string) => Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
const numOpen = () => server.engine.numOpenJobs;
/** Two images among text. */
const drawTwo = () => ({
  model: interfuse("painter"),
  prompt: "draw",
  seed: 1,
  maxOutputTokens: 40,
  maxRetries: 0,
  providerOptions: { interfuse: { steps: 2, guidanceScale: 1.5, negativePrompt: "grey", maxImages: 2 } },
});

describe("generateText", () => {
  it("answers with text, counts tokens and says why it ended", async () => {
    const { text, files, finishReason, usage, response } = await generateText({
      model: interfuse("talker"),
      system: "be brief",
      prompt: "hello",
      maxOutputTokens: 10,
      maxRetries: 0,
    });
    expect(text).not.toBe("");
    expect([files, finishReason, usage.outputTokens]).toEqual([[], "length", 10]);
    expect(usage.totalTokens).toBe((usage.inputTokens ?? 0) + 10);
    expect(response.modelId).toBe("talker");
  });

  it("answers with text and files in their order", async () => {
    const { content, files, text, providerMetadata } = await generateText(drawTwo());
    expect(files.map(({ mediaType }) => mediaType)).toEqual(["image/png", "image/png"]);
    expect(files.map(({ uint8Array }) => readPngText(uint8Array).seed)).toEqual(["1", "1"]);
    expect(readPngText(files[0]?.uint8Array ?? new Uint8Array())).toMatchObject({ steps: "2", guidance: "1.5" });
    const types = content.map(({ type }) => type);
    expect(types.filter((type) => type === "file")).toHaveLength(2);
    expect(types).toContain("text");
    const texts = content.map((part) => (part.type === "text" ? part.text : ""));
    expect(texts.join("")).toBe(text);
    expect(content.find(({ type }) => type === "file")).toMatchObject({
      providerMetadata: { interfuse: { seed: 1, id: expect.stringMatching(/^img_/) } },
    });
    expect(providerMetadata).toEqual({ interfuse: { seed: 1 } });
  });

  it("takes pictures, and its own answers back with their images in place", async () => {
    const image = bytes(await pictureUrl(1));
    const messages: ModelMessage[] = [
      {
        role: "user",
        content: [
          { type: "image", image },
          { type: "text", text: "draw it" },
        ],
      },
    ];
    const first = await generateText({ ...drawTwo(), prompt: undefined, messages });
    expect(first.files).toHaveLength(2);
    const next: ModelMessage[] = [...messages, ...first.response.messages, { role: "user", content: "again" }];
    const second = await generateText({
      ...drawTwo(),
      prompt: undefined,
      messages: next,
      providerOptions: { interfuse: { maxImages: 0 } },
    });
    expect(second.files).toEqual([]);
    const sent = asked.at(-1)?.body.messages as { role: string; content: { type: string }[] }[];
    const answered = first.content.map(({ type }) => (type === "file" ? "image_url" : type));
    expect(sent[1]).toMatchObject({ role: "assistant", content: answered.map((type) => ({ type })) });
  });

  it("draws at once when only an image is wanted", async () => {
    const { content } = await generateText({
      ...drawTwo(),
      model: interfuse("talker"),
      providerOptions: { interfuse: { imageOnly: true, steps: 2, size: "16x8" } },
    });
    expect(content.map(({ type }) => type)).toEqual(["file"]);
  });

  it("sends key and headers, and warns of what the models cannot do", async () => {
    const { warnings } = await generateText({
      model: interfuse("talker"),
      prompt: "a",
      maxOutputTokens: 1,
      topK: 3,
      presencePenalty: 1,
      headers: { "x-one": "1" },
    });
    const sent = asked.at(-1)?.headers;
    expect([sent?.get("authorization"), sent?.get("x-team"), sent?.get("x-one")]).toEqual(["Bearer key", "red", "1"]);
    expect(warnings).toEqual([
      { type: "unsupported", feature: "topK" },
      { type: "unsupported", feature: "presencePenalty" },
    ]);
  });

  it("refuses options that it does not know", async () => {
    const options = { model: interfuse("talker"), prompt: "a", providerOptions: { interfuse: { stepz: 3 } } };
    await expect(generateText(options)).rejects.toThrow(/invalid interfuse provider options/);
  });
});

describe("streamText", () => {
  it("streams the same parts, images in their places", async () => {
    const whole = await generateText(drawTwo());
    const kinds: string[] = [];
    const { fullStream, files, usage } = streamText(drawTwo());
    for await (const { type } of fullStream) if (type === "file" || type !== kinds.at(-1)) kinds.push(type);
    expect((await files).map(({ base64 }) => base64)).toEqual(whole.files.map(({ base64 }) => base64));
    expect(await usage).toEqual(whole.usage);
    const shown = kinds.filter((kind) => kind === "file" || kind === "text-delta");
    expect(shown).toEqual(whole.content.map(({ type }) => (type === "file" ? "file" : "text-delta")));
  });

  it("shows images while they are painted", async () => {
    const options = drawTwo();
    const { interfuse: settings } = options.providerOptions;
    const { fullStream } = streamText({
      ...options,
      includeRawChunks: true,
      providerOptions: { interfuse: { ...settings, steps: 6, previews: 2, maxImages: 1 } },
    });
    const seen: (number | string)[] = [];
    for await (const part of fullStream) {
      if (part.type === "file") seen.push("file");
      if (part.type !== "raw") continue;
      const preview = imagePreview(part.rawValue);
      if (preview === undefined) continue;
      expect(bytes(preview.url).subarray(1, 4).toString()).toBe("PNG");
      seen.push(preview.step / preview.numSteps);
    }
    expect(seen).toEqual([2 / 6, 4 / 6, "file"]);
  });

  it("tells errors that come in the stream", async () => {
    const errors: unknown[] = [];
    const { fullStream } = streamText({
      model: interfuse("talker"),
      prompt: "word ".repeat(400),
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    const types: string[] = [];
    for await (const { type } of fullStream) types.push(type);
    expect(types).toContain("error");
    expect(errors[0]).toMatchObject({ isRetryable: false, message: expect.stringMatching(/tokens/) });
  });

  it("cancels when it is aborted", async () => {
    const controller = new AbortController();
    const { fullStream } = streamText({
      ...drawTwo(),
      abortSignal: controller.signal,
      providerOptions: { interfuse: { steps: ENDLESS_STEPS, imageOnly: true } },
    });
    const types: string[] = [];
    for await (const { type } of fullStream) {
      types.push(type);
      if (type === "start-step") {
        await expect.poll(numOpen, { interval: 5 }).toBe(1);
        controller.abort();
      }
    }
    expect(types.at(-1)).toBe("abort");
    await expect.poll(numOpen, { interval: 5 }).toBe(0);
  });
});

describe("errors", () => {
  it("are APICallErrors that say whether another try may help", async () => {
    const unknown = await generateText({ model: interfuse("nobody"), prompt: "a" }).catch((error: unknown) => error);
    expect(APICallError.isInstance(unknown)).toBe(true);
    expect(unknown).toMatchObject({
      statusCode: 404,
      isRetryable: false,
      data: { error: { code: "model_not_found" } },
    });
    const small = await startTestServer({ models: [{ folder: models.talker }], maxJobsPerKey: 1 });
    try {
      const provider = createInterfuse({ baseURL: `${small.url}/v1` });
      const endless = { imageOnly: true, steps: ENDLESS_STEPS };
      const long = { model: provider("talker"), providerOptions: { interfuse: endless } };
      const controller = new AbortController();
      const running = generateText({ ...long, prompt: "a", abortSignal: controller.signal });
      running.catch(() => undefined);
      await expect.poll(() => small.engine.numOpenJobs).toBe(1);
      const busy = await generateText({ ...long, prompt: "b", maxRetries: 0 }).catch((error: unknown) => error);
      expect(busy).toMatchObject({ statusCode: 429, isRetryable: true });
      expect(RetryError.isInstance(busy)).toBe(false);
      controller.abort();
      await expect(running).rejects.toThrow(/abort/i);
    } finally {
      await small.close({ drainSeconds: 0 });
    }
  });

  it("of a worker that died may be tried again", async () => {
    const own = await startTestServer({ models: [{ folder: models.talker }] });
    try {
      const provider = createInterfuse({ baseURL: `${own.url}/v1` });
      const { stream } = await provider("talker").doStream({
        prompt: [{ role: "user", content: [{ type: "text", text: "a" }] }],
        maxOutputTokens: 400,
      });
      const parts: { type: string; error?: unknown }[] = [];
      for await (const part of stream as unknown as AsyncIterable<{ type: string }>) {
        if (part.type === "text-delta" && !parts.some(({ type }) => type === "text-delta")) {
          await own.engine.replaceWorker("talker", 0);
        }
        parts.push(part);
      }
      expect(parts.slice(-3)).toMatchObject([
        { type: "error", error: { isRetryable: true } },
        { type: "text-end" },
        { type: "finish", finishReason: { unified: "error" } },
      ]);
    } finally {
      await own.close({ drainSeconds: 0 });
    }
  });

  it("name models of kinds that there are not", () => {
    expect(() => interfuse.embeddingModel("painter")).toThrow(/no such embeddingModel/i);
  });
});

describe("the README's program", () => {
  it("runs", async () => {
    const readme = await readFile(new URL("../../packages/ai-provider/README.md", import.meta.url), "utf8");
    const [, code = ""] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
    // Beside the tests, where the packages are found by name; the pictures go to a folder of their own.
    const folder = await mkdtemp(join(tmpdir(), "interfuse-readme-"));
    const program = join(import.meta.dirname, `.${basename(folder)}.mjs`);
    try {
      const [own, url] = ['"demo"', "http://localhost:8000/v1"];
      await writeFile(program, code.replaceAll(own, '"painter"').replaceAll(url, `${server.url}/v1`));
      await promisify(execFile)(process.execPath, [program], { cwd: folder });
      expect(readPngText(await readFile(join(folder, "circle.png")))).toMatchObject({
        prompt: "a red circle",
        seed: "1",
      });
    } finally {
      await rm(folder, { recursive: true });
      await rm(program, { force: true });
    }
  });
});

describe("generateImage", () => {
  const providerOptions = { interfuse: { steps: 2, guidanceScale: 2 } };

  it("draws n images from a seed", async () => {
    const { images, providerMetadata, usage, warnings } = await generateImage({
      model: interfuse.imageModel("painter"),
      prompt: "a red circle",
      n: 2,
      size: "16x8",
      seed: 8,
      providerOptions,
    });
    const texts = images.map(({ uint8Array }) => readPngText(uint8Array));
    expect(texts.map(({ seed }) => seed)).toEqual(["8", "9"]);
    expect(texts[0]?.parameters).toMatch(/Steps: 2, .* CFG scale: 2, Seed: 8, Size: 16x8/);
    expect(providerMetadata.interfuse?.images).toEqual([{ seed: 8 }, { seed: 9 }]);
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
  });

  it("edits images, within a mask", async () => {
    const image = bytes(await pictureUrl(1));
    const edit = (prompt: { images: Uint8Array[]; text: string; mask?: Uint8Array }) =>
      generateImage({ model: interfuse.image("painter"), prompt, seed: 2, providerOptions });
    const { image: changed } = await edit({ images: [image], text: "make it red" });
    const mask = await sharp(image).ensureAlpha().png().toBuffer();
    const { image: masked } = await edit({ images: [image], text: "make it red", mask });
    expect(changed.base64).not.toBe(masked.base64);
    expect(asked.at(-1)?.path).toBe("/v1/images/edits");
  });

  it("warns of an aspect ratio, and throws what is wrong", async () => {
    const model = interfuse.imageModel("painter");
    const { warnings } = await generateImage({ model, prompt: "a", aspectRatio: "1:1", providerOptions });
    expect(warnings).toMatchObject([{ type: "unsupported", feature: "aspectRatio" }]);
    const wrong = generateImage({ model, prompt: "a", size: "500x500" });
    await expect(wrong).rejects.toMatchObject({ statusCode: 400, isRetryable: false });
  });
});
