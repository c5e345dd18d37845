/** `interfuse generate`: pictures from prompts. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Picture, savePicture } from "@interfuse/data";
import type { Pipeline } from "@interfuse/pipeline";
import { UsageError } from "@interfuse/train";
import type { GenerateOptions } from "../commands/draw-commands.ts";
import { openModel } from "../open-model.ts";

/** A picture to draw and where it goes. */
type Job = { readonly prompt: string; readonly file: string };

/** Pictures drawn together. */
const BATCH_SIZE = 16;

/** Draws `--prompt` (`--count` times) or every line of `--prompts`; with --json prints one object a picture. */
export async function generate(options: GenerateOptions): Promise<void> {
  const jobs = await jobsOf(options);
  const size = parseSize(options.size);
  const pipeline = await openModel(options);
  for (let start = 0; start < jobs.length; start += BATCH_SIZE) {
    const batch = jobs.slice(start, start + BATCH_SIZE);
    const pictures = await drawBatch(pipeline, batch, { ...options, ...size, seed: options.seed + start });
    for (const [index, { file, prompt }] of batch.entries()) {
      await savePicture(file, pictures[index] as Picture, { text: { prompt, seed: String(options.seed) } });
      process.stdout.write(options.json ? `${JSON.stringify({ file, prompt, seed: options.seed })}\n` : `${file}\n`);
    }
  }
  pipeline.dispose();
}

function drawBatch(
  pipeline: Pipeline,
  batch: readonly Job[],
  { seed, steps, guidance, width, height }: GenerateOptions & { width?: number; height?: number },
): Promise<Picture[]> {
  const prompts = batch.map(({ prompt }) => prompt);
  return pipeline.draw(prompts, { seed, steps, guidanceScale: guidance, width, height });
}

async function jobsOf({ prompt, prompts, out, count }: GenerateOptions): Promise<Job[]> {
  if ((prompt === undefined) === (prompts === undefined))
    throw new UsageError("generate: give either --prompt or --prompts");
  if (prompt !== undefined) {
    if (!out.toLowerCase().endsWith(".png")) throw new UsageError(`--out ${out}: must end in .png`);
    if (count === 1) return [{ prompt, file: out }];
    return Array.from({ length: count }, (_, index) => ({ prompt, file: `${out.slice(0, -4)}-${index}.png` }));
  }
  if (count !== 1) throw new UsageError("--count: goes with --prompt; with --prompts repeat a line instead");
  const file = prompts as string;
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new Error(`--prompts ${file}: cannot be read (${cause.message})`, { cause });
  });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new UsageError(`--prompts ${file}: has no prompts; write one a line`);
  return lines.map((line, index) => ({ prompt: line, file: join(out, `${String(index).padStart(4, "0")}.png`) }));
}

/** `WxH` in pixels. */
function parseSize(size: string | undefined): { width?: number; height?: number } {
  if (size === undefined) return {};
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
  if (width === undefined || height === undefined) throw new UsageError(`--size ${size}: must look like 64x64`);
  return { width: Number(width), height: Number(height) };
}
