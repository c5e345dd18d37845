/** `interfuse edit`: a picture changed as told. */
import { assertWritable, savePicture } from "@interfuse/data";
import { UsageError } from "@interfuse/train";
import type { EditOptions } from "../commands/draw-commands.ts";
import { openModel, openPicture } from "../open-model.ts";
import { openTerminalPictures } from "../open-terminal-pictures.ts";

/** Writes the changed picture to `--out` and prints its name, or with --json an object. */
export async function edit(image: string, options: EditOptions): Promise<void> {
  const { out, prompt, seed, steps, guidance, json } = options;
  if (!out.toLowerCase().endsWith(".png")) throw new UsageError(`--out ${out}: must end in .png`);
  await assertWritable(out);
  const pipeline = await openModel(options);
  const picture = await openPicture(image, pipeline);
  const changed = await pipeline.edit(picture, prompt, { seed, steps, guidanceScale: guidance });
  await savePicture(out, changed, { text: { prompt, seed: String(seed) } });
  const shown = await openTerminalPictures(options);
  process.stdout.write(await shown.text(changed));
  process.stdout.write(json ? `${JSON.stringify({ file: out, prompt, seed })}\n` : `${out}\n`);
  pipeline.dispose();
}
