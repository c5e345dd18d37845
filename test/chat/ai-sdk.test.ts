/** The AI SDK against a running server: through its openai-compatible provider, and as a UI message stream. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { RunningServer } from "@interfuse/chat";
import { readPngText } from "@interfuse/data";
import { DefaultChatTransport, generateImage, generateText, readUIMessageStream, streamText, type UIMessage } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pictureUrl, startTestServer, writeModels } from "../support/chat-server.ts";

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
let provider: ReturnType<typeof createOpenAICompatible>;
beforeAll(async () => {
  models = await writeModels();
  server = await startTestServer({ models: [{ folder: models.talker }, { folder: models.painter }] });
  provider = createOpenAICompatible({ name: "interfuse", baseURL: `${server.url}/v1`, includeUsage: true });
});
afterAll(async () => {
  await server.close();
  models.remove();
});

describe("the openai-compatible provider", () => {
  it("generates and streams text about a picture", async () => {
    const content = [
      { type: "text" as const, text: "what is it" },
      { type: "image" as const, image: await pictureUrl(1) },
    ];
    const options = {
      model: provider("talker"),
      messages: [{ role: "user" as const, content }],
      maxOutputTokens: 10,
      maxRetries: 0,
    };
    const { text, usage, finishReason } = await generateText(options);
    expect(text).not.toBe("");
    expect([finishReason, usage.outputTokens]).toEqual(["length", 10]);
    const stream = streamText(options);
    expect(await stream.text).toBe(text);
    expect(await stream.finishReason).toBe("length");
    expect((await stream.usage).outputTokens).toBe(10);
  });

  it("takes a stream that holds images, too", async () => {
    const stream = streamText({
      model: provider("painter"),
      prompt: "draw",
      maxOutputTokens: 8,
      providerOptions: { interfuse: { steps: 2 } },
    });
    await stream.consumeStream();
    expect(["stop", "length"]).toContain(await stream.finishReason);
  });

  it("generates images", async () => {
    const { images } = await generateImage({
      model: provider.imageModel("painter"),
      prompt: "a red circle",
      n: 2,
      providerOptions: { interfuse: { seed: 8, steps: 2 } },
    });
    expect(images.map(({ uint8Array }) => readPngText(uint8Array).seed)).toEqual(["8", "9"]);
  });

  it("throws errors with their message", async () => {
    const options = { model: provider("nobody"), prompt: "a", maxRetries: 0 };
    await expect(generateText(options)).rejects.toThrow(/no model of this name/);
  });
});

describe("the UI message stream", () => {
  const user = (parts: UIMessage["parts"]): UIMessage => ({ id: "1", role: "user", parts });

  async function send(messages: UIMessage[], body: object) {
    const transport = new DefaultChatTransport<UIMessage>({ api: `${server.url}/api/chat`, body });
    return transport.sendMessages({
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages,
      abortSignal: undefined,
    });
  }

  it("keeps the order of text and images, and shows images while they are painted", async () => {
    const body = { model: "painter", max_tokens: 40, steps: 4, previews: 3, seed: 1, max_images: 2 };
    const types: string[] = [];
    const previews: { step: number; url?: string }[] = [];
    for await (const chunk of await send([user([{ type: "text", text: "draw" }])], body)) {
      types.push(chunk.type);
      if (chunk.type === "data-image-preview") previews.push(chunk.data as { step: number; url?: string });
    }
    expect([types[0], types[1], ...types.slice(-2)]).toEqual(["start", "start-step", "finish-step", "finish"]);
    expect(types.filter((type) => type === "file")).toHaveLength(2);
    expect(types.filter((type) => type === "text-start")).toHaveLength(
      types.filter((type) => type === "text-end").length,
    );
    expect(previews.filter(({ url }) => url?.startsWith("data:image/png"))).toHaveLength(6);
    expect(Math.max(...previews.map(({ step }) => step))).toBe(4);
  });

  it("makes a message whose images can be sent back", async () => {
    const messages = [user([{ type: "text", text: "draw" }])];
    const body = { model: "painter", max_tokens: 8, steps: 2, seed: 1 };
    let answer: UIMessage | undefined;
    for await (const message of readUIMessageStream({ stream: await send(messages, body) })) answer = message;
    const file = answer?.parts.find((part) => part.type === "file");
    expect(file?.mediaType).toBe("image/png");
    expect(answer?.parts.find((part) => part.type === "data-image")).toMatchObject({ data: { seed: 1, steps: 2 } });
    const next = [...messages, answer as UIMessage, user([{ type: "text", text: "again" }])];
    let last: UIMessage | undefined;
    for await (const message of readUIMessageStream({ stream: await send(next, body) })) last = message;
    expect(last?.parts.length).toBeGreaterThan(1);
  });

  it("tells errors", async () => {
    const long = user([{ type: "text", text: "word ".repeat(400) }]);
    const chunks: { type: string; errorText?: string }[] = [];
    for await (const chunk of await send([long], {})) chunks.push(chunk as { type: string });
    expect(chunks.at(-1)).toMatchObject({ type: "error", errorText: expect.stringMatching(/context of 512/) });
  });
});
