/** `interfuse generate`: pictures from prompts. */
import { join } from "node:path";
import {
  assertWritable,
  type ContactSheetItem,
  contactSheet,
  type Picture,
  readTextFile,
  savePicture,
  writeFileAtomically,
} from "@interfuse/data";
import type { Pipeline } from "@interfuse/pipeline";
import { UsageError } from "@interfuse/train";
import type { GenerateOptions } from "../commands/draw-commands.ts";
import { openModel } from "../open-model.ts";
import { openTerminalPictures } from "../open-terminal-pictures.ts";

/** A picture to draw. */
type Job = { readonly prompt: string; readonly seed: number; readonly file: string };

/** Pictures drawn together. */
const BATCH_SIZE = 16;

/** Draws `--prompt` (`--count` times) or every line of `--prompts`; with --json prints one object a file. */
export async function generate(options: GenerateOptions): Promise<void> {
  const jobs = await jobsOf(options);
  const isSheet = options.prompts !== undefined && isPng(options.out);
  const size = parseSize(options.size);
  await assertWritable(isSheet ? options.out : (jobs[0] as Job).file);
  const pipeline = await openModel(options);
  const shown = await openTerminalPictures(options);
  const drawn: ContactSheetItem[] = [];
  for (let start = 0; start < jobs.length; start += BATCH_SIZE) {
    const batch = jobs.slice(start, start + BATCH_SIZE);
    const pictures = await drawBatch(pipeline, batch, { ...options, ...size });
    for (const [index, { file, prompt, seed }] of batch.entries()) {
      const picture = pictures[index] as Picture;
      if (isSheet) drawn.push({ picture, caption: prompt });
      else {
        await savePicture(file, picture, { text: { prompt, seed: String(seed) } });
        process.stdout.write(await shown.text(picture));
        process.stdout.write(options.json ? `${JSON.stringify({ file, prompt, seed })}\n` : `${file}\n`);
      }
    }
  }
  pipeline.dispose();
  if (!isSheet) return;
  const { out: file, seed, prompts } = options;
  await writeFileAtomically(file, await contactSheet(drawn));
  process.stdout.write(options.json ? `${JSON.stringify({ file, prompts, seed })}\n` : `${file}\n`);
}

function drawBatch(
  pipeline: Pipeline,
  batch: readonly Job[],
  { steps, guidance, width, height }: GenerateOptions & { width?: number; height?: number },
): Promise<Picture[]> {
  const prompts = batch.map(({ prompt }) => prompt);
  return pipeline.draw(prompts, { seed: batch[0]?.seed, steps, guidanceScale: guidance, width, height });
}

/** One picture has the seed, those after it the next numbers, so that each can be drawn again alone. */
async function jobsOf({ prompt, prompts, out, count, seed }: GenerateOptions): Promise<Job[]> {
  if ((prompt === undefined) === (prompts === undefined))
    throw new UsageError("generate: give either --prompt or --prompts");
  if (prompt !== undefined) {
    if (!isPng(out)) throw new UsageError(`--out ${out}: must end in .png`);
    if (count === 1) return [{ prompt, seed, file: out }];
    return Array.from({ length: count }, (_, index) => ({
      prompt,
      seed: seed + index,
      file: `${out.slice(0, -4)}-${index}.png`,
    }));
  }
  if (count !== 1) throw new UsageError("--count: goes with --prompt; with --prompts repeat a line instead");
  const file = prompts as string;
  const text = await readTextFile(file).catch((cause: Error) => {
    throw new Error(`--prompts ${file}: cannot be read (${cause.message})`, { cause });
  });
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length === 0) throw new UsageError(`--prompts ${file}: has no prompts; write one a line`);
  return lines.map((line, index) => ({
    prompt: line,
    seed: seed + index,
    file: join(out, `${String(index).padStart(4, "0")}.png`),
  }));
}

function isPng(file: string): boolean {
  return file.toLowerCase().endsWith(".png");
}

/** `WxH` in pixels. */
function parseSize(size: string | undefined): { width?: number; height?: number } {
  if (size === undefined) return {};
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
  if (width === undefined || height === undefined) throw new UsageError(`--size ${size}: must look like 64x64`);
  return { width: Number(width), height: Number(height) };
}
