import type { ImagesOption } from "./commands/images-option.ts";
import { TerminalPictures } from "./terminal-images/terminal-pictures.ts";

/** Pictures on stdout; none beside JSON. The terminal may be asked, so call it before anything reads stdin. */
export function openTerminalPictures({
  images,
  json,
}: ImagesOption & { readonly json: boolean }): Promise<TerminalPictures> {
  const streams = { input: process.stdin, output: process.stdout };
  return TerminalPictures.open({ images: json ? "none" : images, environment: process.env, streams });
}
