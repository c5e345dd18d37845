/** Requests as clients send them; each is checked to have given what it asked for. */

const PROMPTS = [
  "a red circle",
  "a large blue square",
  "a yellow triangle left of a purple circle",
  "three green squares",
  "a small white circle",
  "an orange square above a cyan triangle",
] as const;

/** An answer that is not what was asked for; `isClean` when the server said so in the documented form. */
export class AnswerError extends Error {
  readonly isClean: boolean;

  constructor(message: string, { isClean }: { isClean: boolean }) {
    super(message);
    this.isClean = isClean;
  }
}

/** A prompt and a seed that no other number has. */
function drawing(number: number) {
  return { prompt: PROMPTS[number % PROMPTS.length] as string, seed: number };
}

/** One image. @returns the PNG as base64 */
export async function drawImage(
  url: string,
  number: number,
  { steps, signal }: { steps?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const response = await send(url, "/v1/images/generations", { ...drawing(number), steps }, signal);
  const { data } = (await response.json()) as { data: { b64_json: string }[] };
  return checkPng(data[0]?.b64_json);
}

/** One image by a stream with three previews. */
export async function streamImage(url: string, number: number): Promise<void> {
  const body = { ...drawing(number), stream: true, partial_images: 3 };
  const text = await readStream(await send(url, "/v1/images/generations", body));
  const frames = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data as string));
  if (frames.length !== 4) throw new AnswerError(`${frames.length} frames, not 4`, { isClean: false });
  for (const { b64_json } of frames) checkPng(b64_json);
}

/** A picture changed as told. */
export async function editImage(url: string, number: number, png: string): Promise<void> {
  const body = { prompt: "make it red", seed: number, image: `data:image/png;base64,${png}` };
  const { data } = (await (await send(url, "/v1/images/edits", body)).json()) as { data: { b64_json: string }[] };
  checkPng(data[0]?.b64_json);
}

/** A chat that is answered with an image, which the server keeps. */
export async function chat(url: string, number: number): Promise<void> {
  const { prompt, seed } = drawing(number);
  const body = { model: "model", messages: [{ role: "user", content: `draw ${prompt}` }], seed };
  const { choices } = (await (await send(url, "/v1/chat/completions", body)).json()) as {
    choices: { message: { content: string; images?: { image_url: { url: string } }[] } }[];
  };
  const { content = "", images = [] } = choices[0]?.message ?? {};
  if (content === "" && images.length === 0) throw new AnswerError("an empty answer", { isClean: false });
  for (const { image_url } of images) checkPng(image_url.url.split(",")[1]);
}

/** A question about a picture, streamed. */
export async function askAbout(url: string, number: number, png: string): Promise<void> {
  const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } };
  const content = [picture, { type: "text", text: "describe the picture" }];
  const body = { model: "model", messages: [{ role: "user", content }], stream: true, seed: number };
  const text = await readStream(await send(url, "/v1/chat/completions", body));
  if (!text.endsWith("data: [DONE]\n\n")) throw new AnswerError("a stream without its end", { isClean: false });
}

/** Begins a drawing and goes away at its first byte. */
export async function abandon(url: string, number: number): Promise<void> {
  const controller = new AbortController();
  const body = { ...drawing(number), stream: true, partial_images: 3 };
  const response = await send(url, "/v1/images/generations", body, controller.signal);
  await response.body?.getReader().read();
  controller.abort();
}

/** Asks for a stream and goes away at its first byte. @returns milliseconds from sending the request until then */
export async function timeToFirstByte(url: string, number: number): Promise<number> {
  const controller = new AbortController();
  const start = performance.now();
  const response = await send(url, "/v1/images/generations", { ...drawing(number), stream: true }, controller.signal);
  await response.body?.getReader().read();
  const milliseconds = performance.now() - start;
  controller.abort();
  return milliseconds;
}

async function send(url: string, path: string, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (response.ok) return response;
  const text = await response.text();
  throw new AnswerError(`${response.status} ${text.slice(0, 200)}`, { isClean: text.startsWith('{"error":{') });
}

async function readStream(response: Response): Promise<string> {
  const text = await response.text();
  const [error] = /^data: \{"error":.*$/m.exec(text) ?? [];
  if (error !== undefined) throw new AnswerError(error, { isClean: true });
  return text;
}

function checkPng(base64: string | undefined): string {
  if (base64?.startsWith("iVBORw0KGgo")) return base64;
  throw new AnswerError("no PNG in the answer", { isClean: false });
}
