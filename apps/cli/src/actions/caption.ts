/** `interfuse caption` and `interfuse ask`: texts about pictures. */
import type { AskOptions, TextOptions } from "../commands/describe-commands.ts";
import { openModel, openPicture } from "../open-model.ts";

/**
 * Prints a description of each picture: alone for one, after its name for several, one object a line with --json. A picture that
 * cannot be read is named on stderr, the others are described, and the process ends with 1.
 */
export async function caption(images: readonly string[], options: TextOptions): Promise<void> {
  const { json, seed, temperature, topP, maxTokens } = options;
  const pipeline = await openModel(options);
  for (const file of images) {
    const picture = await openPicture(file, pipeline).catch((error: Error) => {
      process.stderr.write(`interfuse: ${error.message}\n`);
      process.exitCode = 1;
    });
    if (picture === undefined) continue;
    const text = await pipeline.describe(picture, { seed, temperature, topP, maxTokens });
    const line = json ? JSON.stringify({ file, caption: text }) : images.length === 1 ? text : `${file}: ${text}`;
    process.stdout.write(`${line}\n`);
  }
  pipeline.dispose();
}

/** Prints the answer to a question about a picture. */
export async function ask(image: string, options: AskOptions): Promise<void> {
  const { json, prompt, seed, temperature, topP, maxTokens } = options;
  const pipeline = await openModel(options);
  const answer = await pipeline.ask(await openPicture(image, pipeline), prompt, { seed, temperature, topP, maxTokens });
  process.stdout.write(json ? `${JSON.stringify({ file: image, prompt, answer })}\n` : `${answer}\n`);
  pipeline.dispose();
}
