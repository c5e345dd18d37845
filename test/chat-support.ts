/** Running servers over tiny models with random weights, for tests of `@interfuse/chat`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, type ServerOptions, startServer } from "@interfuse/chat";
import { directorySink, encodePng } from "@interfuse/data";
import { Pipeline, savePipeline } from "@interfuse/pipeline";
import { tf, useBackend } from "@interfuse/tensor";
import { randomPicture, tinyParts } from "./pipeline-support.ts";

/** Settings of every test's server: nothing depends on the machine. */
const OPTIONS = { port: 0, backend: { threads: 1, precision: "f32" } } as const;

/**
 * Writes the folders of two models and returns where: `talker` answers with text, `painter` soon begins an image.
 * @returns also `remove`, to be called at the end
 */
export async function writeModels(): Promise<{ talker: string; painter: string; remove: () => void }> {
  await useBackend({ backend: "cpu" });
  const folder = mkdtempSync(join(tmpdir(), "interfuse-chat-"));
  for (const [name, factor] of [
    ["talker", 1],
    ["painter", 100],
  ] as const) {
    const pipeline = new Pipeline(tinyParts({ contextLength: 512 }));
    scaleEmbedding(pipeline, pipeline.textTokenizer.specialTokens["<|boi|>"] as number, factor);
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

/** Scales a token's embedding, which is also its row of the head: about every second hidden state then asks for it. */
function scaleEmbedding({ model }: Pipeline, tokenId: number, factor: number): void {
  const embedding = model.parameters().get("embedding.weight") as tf.Variable;
  const factors = Array.from({ length: embedding.shape[0] as number }, (_, id) => (id === tokenId ? factor : 1));
  tf.tidy(() => embedding.assign(embedding.mul(tf.tensor2d(factors, [factors.length, 1]))));
}
