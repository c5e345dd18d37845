/** Files that the user gave, as pictures of the draft; those that are none are told about. */

import { readPicture } from "./read-picture.ts";
import { setApp } from "./state/app-state.ts";
import { attach } from "./state/conversation-actions.ts";

export async function attachFiles(files: Iterable<File> | undefined): Promise<void> {
  for (const file of files ?? []) {
    try {
      attach(await readPicture(file));
    } catch (error) {
      setApp({ notice: `${file.name}: ${(error as Error).message}` });
    }
  }
  document.querySelector<HTMLElement>(".composer textarea")?.focus();
}
