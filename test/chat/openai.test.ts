/** The unmodified openai client against a running server. */
import type { RunningServer } from "@interfuse/chat";
import { readPngText } from "@interfuse/data";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENDLESS_STEPS, pictureUrl, startTestServer, writeModels } from "../support/chat-server.ts";

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  models = await writeModels();
  server = await startTestServer({ models: [{ folder: models.talker }, { folder: models.painter }] });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "any", maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  models.remove();
});

/** Fields that are ours; the client passes them on as they are. */
type Extras = {
  steps?: number;
  guidance_scale?: number;
  image_mode?: string;
  max_images?: number;
  modalities?: string[];
};
type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;
/** Images of a message, in the form that OpenRouter and others use; OpenAI's types do not have them. */
type Message = OpenAI.ChatCompletionMessage & { images?: { image_url: { url: string }; seed: number }[] };

const messageOf = ({ choices }: OpenAI.ChatCompletion, index = 0) => choices[index]?.message as Message | undefined;
const bytes = (url: string) => Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
const user = (content: OpenAI.ChatCompletionUserMessageParam["content"]) => ({ role: "user" as const, content });

function ask(params: Omit<Params, "modalities"> & Extras): Promise<OpenAI.ChatCompletion> {
  return client.chat.completions.create(params as Params);
}

describe("chat", () => {
  it("answers with text, the same to the same", async () => {
    const params = { model: "talker", messages: [user("hello")], max_tokens: 12 };
    const { choices, usage, object } = await ask(params);
    expect(object).toBe("chat.completion");
    expect(choices[0]).toMatchObject({ index: 0, message: { role: "assistant" }, finish_reason: "length" });
    expect(choices[0]?.message.content).not.toBe("");
    expect(usage).toMatchObject({ completion_tokens: 12 });
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + 12);
    const none = [usage?.prompt_tokens_details?.cached_tokens, usage?.completion_tokens_details?.reasoning_tokens];
    expect(none).toEqual([0, 0]);
    expect((await ask(params)).choices).toEqual(choices);
  });

  it("takes a picture and answers with one that says what made it", async () => {
    const content = [
      { type: "text" as const, text: "draw it" },
      { type: "image_url" as const, image_url: { url: await pictureUrl(1, 40, 30) } },
    ];
    const settings = { steps: 2, guidance_scale: 1.5, seed: 7, max_tokens: 8 };
    const completion = await ask({ model: "painter", messages: [user(content)], ...settings });
    const [image, ...others] = messageOf(completion)?.images ?? [];
    expect(others).toEqual([]);
    expect(image?.seed).toBe(7);
    const text = readPngText(bytes(image?.image_url.url ?? ""));
    expect(text).toMatchObject({ prompt: "draw it", seed: "7", steps: "2", guidance: "1.5", model: "painter" });
    expect(text.parameters).toBe(
      "draw it\nSteps: 2, Sampler: euler, CFG scale: 1.5, Seed: 7, Size: 8x8, Model: painter",
    );
    expect(JSON.parse(text.interfuse ?? "")).toMatchObject({ seed: 7, width: 8 });
    expect(completion.usage?.prompt_tokens_details).toMatchObject({ image_tokens: 6 });
  });

  it("streams, with all images of a message in one delta and the usage last", async () => {
    const params = { model: "painter", messages: [user("draw")], max_tokens: 40, steps: 2, seed: 1, max_images: 3 };
    const whole = await ask(params);
    const stream = await client.chat.completions.create({
      ...(params as Params),
      stream: true,
      stream_options: { include_usage: true },
    });
    const deltas: { content?: string | null; images?: Message["images"]; role?: string }[] = [];
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      if (chunk.choices[0] !== undefined) deltas.push(chunk.choices[0].delta as (typeof deltas)[number]);
    }
    const message = messageOf(whole);
    expect(message?.images).toHaveLength(3);
    expect(deltas[0]).toEqual({ role: "assistant", content: "" });
    expect(deltas.map(({ content }) => content ?? "").join("")).toBe(message?.content);
    const withImages = deltas.filter(({ images }) => images !== undefined);
    expect(withImages).toHaveLength(1);
    expect(withImages[0]?.images?.map(({ image_url }) => image_url)).toEqual(
      message?.images?.map(({ image_url }) => image_url),
    );
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: whole.choices[0]?.finish_reason });
  });

  it("keeps images through the accumulating helper", async () => {
    const stream = client.chat.completions.stream({
      model: "painter",
      messages: [user("draw")],
      max_tokens: 8,
      seed: 1,
      ...{ steps: 2 },
    });
    expect(messageOf(await stream.finalChatCompletion())?.images).toHaveLength(1);
  });

  it("draws at once when only an image is wanted, and gives every choice its seed", async () => {
    const params = { model: "talker", messages: [user("a red circle")], modalities: ["image"], steps: 2, seed: 5 };
    const { choices } = await ask({ ...params, n: 2 });
    const images = choices.map(({ message }) => (message as Message).images?.[0]);
    expect(images.map((image) => image?.seed)).toEqual([5, 6]);
    expect(choices.map(({ finish_reason }) => finish_reason)).toEqual(["stop", "stop"]);
    const alone = await ask({ ...params, seed: 6 });
    const pixels = (url = "") => bytes(url).subarray(-60);
    expect(pixels(messageOf(alone)?.images?.[0]?.image_url.url)).toEqual(pixels(images[1]?.image_url.url));
  });

  it("answers in text alone when asked to", async () => {
    const { choices } = await ask({ model: "painter", messages: [user("hi")], modalities: ["text"], max_tokens: 30 });
    expect(choices[0]?.message).not.toHaveProperty("images");
  });

  it("puts images as links into the text, and reads its own links back", async () => {
    const settings = { model: "painter", max_tokens: 8, steps: 2, seed: 3 };
    const message = messageOf(await ask({ ...settings, messages: [user("draw")], image_mode: "markdown" }));
    expect(message).not.toHaveProperty("images");
    const content = message?.content;
    const [, url = ""] = /!\[image\]\((http\S+\/v1\/files\/img_\S+\/content)\)/.exec(content ?? "") ?? [];
    const file = await fetch(url);
    expect(file.headers.get("content-type")).toBe("image/png");
    expect(readPngText(new Uint8Array(await file.arrayBuffer()))).toMatchObject({ seed: "3" });
    const next = await ask({
      ...settings,
      messages: [user("draw"), { role: "assistant", content: content ?? "" }, user("again")],
      modalities: ["text"],
    });
    expect(next.usage?.prompt_tokens_details).toMatchObject({ image_tokens: 6 });
  });

  it("ends at a stop text", async () => {
    const params = { model: "talker", messages: [user("hello")], max_tokens: 12 };
    const text = (await ask(params)).choices[0]?.message.content ?? "";
    const stop = text.slice(3, 5);
    const { choices } = await ask({ ...params, stop: [stop] });
    expect(choices[0]).toMatchObject({
      message: { content: text.slice(0, text.indexOf(stop)) },
      finish_reason: "stop",
    });
  });
});

describe("images", () => {
  it("keeps only what it gives an address", async () => {
    const stored = async () =>
      Number(/^interfuse_stored_image_bytes (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);
    const before = await stored();
    await client.images.generate({ prompt: "a", ...{ steps: 1 } });
    expect(await stored()).toBe(before);
    await client.images.generate({ prompt: "a", response_format: "url", ...{ steps: 1 } });
    expect(await stored()).toBeGreaterThan(before);
  });

  it("generates b64_json by default and urls on request", async () => {
    const { data, ...rest } = await client.images.generate({ prompt: "a red circle", n: 2, ...{ seed: 4, steps: 2 } });
    expect(rest).toMatchObject({ size: "8x8", output_format: "png", usage: { output_tokens: 12 } });
    const files = data?.map(({ b64_json }) => Buffer.from(b64_json ?? "", "base64")) ?? [];
    expect(files.map((file) => readPngText(file).seed)).toEqual(["4", "5"]);
    const again = await client.images.generate({ prompt: "a red circle", n: 2, ...{ seed: 4, steps: 2 } });
    expect(again.data?.map(({ b64_json }) => b64_json)).toEqual(data?.map(({ b64_json }) => b64_json));
    const byUrl = await client.images.generate({
      prompt: "a red circle",
      response_format: "url",
      n: 2,
      ...{ seed: 4, steps: 2 },
    });
    const fetched = await fetch(byUrl.data?.[0]?.url ?? "");
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(files[0]);
  });

  it("streams previews and then the image", async () => {
    const stream = await client.images.generate({
      prompt: "a red circle",
      stream: true,
      partial_images: 2,
      ...{ steps: 6, seed: 1 },
    });
    const events: { type: string; partial_image_index?: number; b64_json: string }[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type, partial_image_index }) => [type, partial_image_index])).toEqual([
      ["image_generation.partial_image", 0],
      ["image_generation.partial_image", 1],
      ["image_generation.completed", undefined],
    ]);
    const whole = await client.images.generate({ prompt: "a red circle", ...{ steps: 6, seed: 1 } });
    expect(events.at(-1)?.b64_json).toBe(whole.data?.[0]?.b64_json);
    expect(new Set(events.map(({ b64_json }) => b64_json)).size).toBe(3);
  });

  it("edits a file, several files, and within a mask", async () => {
    const file = async (seed: number) => toFile(bytes(await pictureUrl(seed)), "a.png", { type: "image/png" });
    const settings = { prompt: "make it red", ...{ seed: 2, steps: 2 } };
    const one = await client.images.edit({ image: await file(1), ...settings });
    const two = await client.images.edit({ image: [await file(1), await file(2)], ...settings });
    expect(one.data?.[0]?.b64_json).not.toBe(two.data?.[0]?.b64_json);
    const json = await fetch(`${server.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ image: { image_url: await pictureUrl(1) }, ...settings }),
    });
    expect(((await json.json()) as OpenAI.ImagesResponse).data).toEqual(one.data);
    const { default: sharp } = await import("sharp");
    const mask = await toFile(
      await sharp(bytes(await pictureUrl(9)))
        .ensureAlpha()
        .png()
        .toBuffer(),
      "mask.png",
    );
    const opaque = await client.images.edit({ image: await file(1), mask, ...settings });
    const { decoded } = await decode(opaque.data?.[0]?.b64_json);
    expect(decoded).toEqual((await decode((await pictureUrl(1)).split(",")[1])).decoded);
  });

  it("refuses a mask without alpha, which could only keep everything", async () => {
    const file = async (seed: number) => toFile(bytes(await pictureUrl(seed)), "a.png", { type: "image/png" });
    const edit = client.images.edit({ image: await file(1), mask: await file(9), prompt: "make it red" });
    await expect(edit).rejects.toMatchObject({
      status: 400,
      param: "mask",
      message: expect.stringContaining("needs an alpha channel"),
    });
  });

  it("says how a picture is sent when it comes as bare base64", async () => {
    const response = await fetch(`${server.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "make it red", image: (await pictureUrl(1)).split(",")[1] }),
    });
    expect(await response.json()).toMatchObject({
      error: { param: "image", message: expect.stringContaining("as a data: URL (data:image/png;base64,...)") },
    });
  });

  it("reads base64 that is percent-encoded, and says so when it is encoded wrongly", async () => {
    const [head, data = ""] = (await pictureUrl(1)).split(",");
    const draw = (url: string) => {
      const content = [{ type: "image_url" as const, image_url: { url } }];
      return ask({ model: "painter", messages: [user(content)], modalities: ["image"], steps: 1, seed: 1 });
    };
    const [plain, encoded] = [await draw(`${head},${data}`), await draw(`${head},${encodeURIComponent(data)}`)];
    expect(encodeURIComponent(data)).toContain("%");
    expect(messageOf(encoded)?.images?.[0]?.image_url).toEqual(messageOf(plain)?.images?.[0]?.image_url);
    await expect(draw(`${head},${data}%`)).rejects.toMatchObject({ param: "messages.0", code: "invalid_image" });
  });

  it("streams an edit", async () => {
    const image = await toFile(bytes(await pictureUrl(1)), "a.png", { type: "image/png" });
    const stream = await client.images.edit({
      image,
      prompt: "red",
      stream: true,
      partial_images: 1,
      ...{ steps: 2 },
    });
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["image_edit.partial_image", "image_edit.completed"]);
  });

  it("encodes other formats", async () => {
    for (const output_compression of [0, 50, 100]) {
      const params = { prompt: "a", output_format: "webp", output_compression, ...{ steps: 1 } } as const;
      const { data } = await client.images.generate(params);
      expect(Buffer.from(data?.[0]?.b64_json ?? "", "base64").toString("latin1", 8, 12)).toBe("WEBP");
    }
  });
});

async function decode(base64 = ""): Promise<{ decoded: Buffer }> {
  const { default: sharp } = await import("sharp");
  return { decoded: await sharp(Buffer.from(base64, "base64")).removeAlpha().raw().toBuffer() };
}

describe("models and errors", () => {
  it("lists models and finds one", async () => {
    const list = await client.models.list();
    expect(list.data.map(({ id }) => id)).toEqual(["talker", "painter"]);
    expect(await client.models.retrieve("painter")).toMatchObject({
      id: "painter",
      object: "model",
      architecture: { output_modalities: ["text", "image"] },
    });
    await expect(client.models.retrieve("nobody")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  });

  it("throws what is wrong, with the field", async () => {
    await expect(ask({ model: "nobody", messages: [user("a")] })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(ask({ model: "talker", messages: [user("a")], temperature: 9 })).rejects.toMatchObject({
      status: 400,
      param: "temperature",
      type: "invalid_request_error",
    });
    await expect(ask({ model: "talker", messages: [user("word ".repeat(400))] })).rejects.toMatchObject({
      status: 400,
      code: "context_length_exceeded",
    });
    for (const field of [{ logit_bias: { "5": 1 } }, { functions: [{ name: "f" }] }, { logprobs: true }]) {
      await expect(ask({ model: "talker", messages: [user("a")], ...field })).rejects.toMatchObject({
        status: 400,
        param: Object.keys(field)[0],
        message: expect.stringContaining("is not supported"),
      });
    }
    await expect(ask({ model: "talker", messages: [user("a")], stop: [..."abcde"] })).rejects.toThrow(
      /stop: .*<=4 items/,
    );
    await expect(ask({ model: "talker", messages: [user(5 as never)] })).rejects.toThrow(
      "messages.0.content: Invalid input: expected string or array",
    );
    const none = await ask({ model: "talker", messages: [user("a")], max_tokens: 1, logit_bias: {}, functions: [] });
    expect(none.choices).toHaveLength(1);
    const url = { response_format: "url", output_format: "jpeg" } as const;
    await expect(client.images.generate({ prompt: "a", ...url })).rejects.toMatchObject({ param: "output_format" });
    await expect(client.images.generate({ prompt: "a", size: "512x512" })).rejects.toMatchObject({
      status: 400,
      param: "size",
      message: expect.stringMatching(/own 8x8.*multiple of 4/),
    });
  });

  it("names what it does not have, and the /v1 that a base URL lacks", async () => {
    await expect(client.responses.create({ model: "talker", input: "a" })).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/there is no POST \/v1\/responses here; \/openapi.json says what there is$/),
    });
    const lost = new OpenAI({ baseURL: server.url, apiKey: "any" });
    await expect(lost.models.list()).rejects.toThrow("there is no GET /models here");
    await expect(lost.models.list()).rejects.toThrow("the base URL for clients ends in /v1");
  });

  it("throws an error that comes in a stream", async () => {
    const stream = await client.chat.completions.create({
      model: "talker",
      messages: [user("word ".repeat(400))],
      stream: true,
    });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: "context_length_exceeded" });
  });

  it("sees its request's id", async () => {
    const { response } = await client.models.list().withResponse();
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });
});

describe("going away and coming back", () => {
  const numRunning = () => [...server.engine.stats().values()].reduce((sum, pool) => sum + pool.numRunning, 0);
  const long = { model: "talker", messages: [user("hello")], modalities: ["image"], steps: 250 };
  const endless = { ...long, steps: ENDLESS_STEPS };

  it("cancels the moment the client goes", async () => {
    const stream = await client.chat.completions.create({ ...(endless as Params), stream: true });
    for await (const _ of stream) break;
    await expect.poll(numRunning, { interval: 5 }).toBe(0);
    // Without a stream the client says by when it would give up by itself: before, going away is meant.
    const controller = new AbortController();
    const options = { signal: controller.signal, timeout: 60_000 };
    const asked = client.chat.completions.create(endless as Params, options);
    asked.catch(() => undefined);
    await expect.poll(numRunning, { interval: 5 }).toBe(1);
    controller.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(numRunning, { interval: 5 }).toBe(0);
  });

  it("joins the running job when it retries after its timeout", async () => {
    const completed = () => server.engine.stats().get("talker")?.numCompleted ?? 0;
    const [before, cancelled] = [completed(), server.engine.stats().get("talker")?.numCancelled];
    // The client's time is over after 100 ms; it comes back after half a second, a second, two, until the image is done.
    const impatient = client.withOptions({ timeout: 100, maxRetries: 5 });
    const completion = await impatient.chat.completions.create(long as Params);
    expect(messageOf(completion)?.images).toHaveLength(1);
    expect(completed()).toBe(before + 1);
    expect(server.engine.stats().get("talker")?.numCancelled).toBe(cancelled);
  });
});
