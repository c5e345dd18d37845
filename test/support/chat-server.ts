/** Running servers over tiny models with random weights, for tests of `@interfuse/chat`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, type ServerOptions, startServer } from "@interfuse/chat";
import { directorySink, encodePng } from "@interfuse/data";
import { Pipeline, savePipeline } from "@interfuse/pipeline";
import { tf, useBackend } from "@interfuse/tensor";
import { randomPicture, tinyParts } from "./pipeline.ts";

/** Settings of every test's server: nothing depends on the machine. */
const OPTIONS = { port: 0, backend: { threads: 1, precision: "f32" } } as const;

/**
 * Writes the folders of two models and returns where: `talker` answers with text as long as it may, `painter` soon begins an image.
 * @returns also `remove`, to be called at the end
 */
export async function writeModels(): Promise<{ talker: string; painter: string; remove: () => void }> {
  await useBackend({ backend: "cpu" });
  const folder = mkdtempSync(join(tmpdir(), "interfuse-chat-"));
  for (const [name, factors] of [
    ["talker", { "<|boi|>": 0, "<|eos|>": 0 }],
    ["painter", { "<|boi|>": 100 }],
  ] as const) {
    const pipeline = new Pipeline(tinyParts({ contextLength: 512 }));
    scaleEmbeddings(pipeline, factors);
    await savePipeline(directorySink(join(folder, name)), pipeline);
    pipeline.dispose();
  }
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { talker: join(folder, "talker"), painter: join(folder, "painter"), remove };
}

/** Denoising steps of an image that no test sees finished: minutes, or a test's whole time on the fastest machine. */
export const ENDLESS_STEPS = 100_000;

/** Starts a server on a free port. */
export function startTestServer({
  limits,
  ...options
}: Partial<ServerOptions> & Pick<ServerOptions, "models">): Promise<RunningServer> {
  return startServer({ ...OPTIONS, ...options, limits: { maxSteps: ENDLESS_STEPS, ...limits } });
}

/** A PNG of random pixels as a data: URL. */
export async function pictureUrl(seed: number, width = 8, height = 8): Promise<string> {
  const png = await encodePng(randomPicture(seed, width, height));
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** Scales tokens' embeddings, which are also their rows of the head: 100 has about every second hidden state ask for one, 0 hardly any. */
function scaleEmbeddings({ model, textTokenizer }: Pipeline, byToken: Readonly<Record<string, number>>): void {
  const embedding = model.parameters().get("embedding.weight") as tf.Variable;
  const factors = new Float32Array(embedding.shape[0] as number).fill(1);
  for (const [token, factor] of Object.entries(byToken)) factors[textTokenizer.specialTokens[token] as number] = factor;
  tf.tidy(() => embedding.assign(embedding.mul(tf.tensor2d(factors, [factors.length, 1]))));
}
