/** The emoji dataset: every emoji of an installed colour font, with its name as caption, held out by base emoji. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodePng } from "../files/encode-picture.ts";
import { makeFolder } from "../files/make-folder.ts";
import { fnv1a32 } from "../fnv1a.ts";
import { METADATA_FILE } from "../folder/metadata.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import { type Emoji, listEmoji } from "./emoji-list.ts";
import { EMOJI_FONT, renderEmoji } from "./render-emoji.ts";

/** What {@link writeEmoji} writes. */
export type WriteEmojiOptions = {
  /** Side of the pictures in pixels; default 32. */
  readonly size?: number;
  /** Only the first so many emoji; default all. */
  readonly limit?: number;
  readonly onProgress?: (numDone: number, numEmoji: number) => void;
};

/** What {@link writeEmoji} has written. */
export type WriteEmojiReport = {
  readonly numTrainPictures: number;
  readonly numTestPictures: number;
  readonly numBaseEmoji: number;
  /** Emoji that the font does not draw. */
  readonly numLeftOut: number;
};

/** Whether an emoji belongs to the test part: its base's hexcode has FNV-1a 32 mod 10 = 0, so all its variants do. */
export function isHeldOutEmoji(emoji: Emoji): boolean {
  return fnv1a32(emoji.base) % 10 === 0;
}

/**
 * Writes `train/` and `test/`, each a folder of PNG files with `metadata.jsonl` (`file_name`, `text`, `emoji`, `base`).
 *
 * @throws Error when no colour emoji font is installed, or the folder is not empty. Nothing half-made is left.
 */
export async function writeEmoji(folder: string, options: WriteEmojiOptions = {}): Promise<WriteEmojiReport> {
  const { size = 32, limit, onProgress } = options;
  if (!Number.isInteger(size) || size < 8 || size > 1024) {
    throw new RangeError(`writeEmoji: size (=${size}) must be a whole number from 8 to 1024`);
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new RangeError(`writeEmoji: limit (=${limit}) must be a whole number of at least 1`);
  }
  if ((await renderEmoji("😀", 32)) === undefined) {
    throw new Error(
      `writeEmoji: the font "${EMOJI_FONT}" is not installed; install it (Debian, Ubuntu: apt-get install fonts-noto-color-emoji) and run this again`,
    );
  }
  const all = listEmoji().slice(0, limit);
  const drawn: Emoji[] = [];
  await makeFolder(folder, async (making) => {
    for (const split of ["train", "test"]) await mkdir(join(making, split), { recursive: true });
    let numDone = 0;
    const isDrawn = await mapConcurrently(all, async (emoji) => {
      const picture = await renderEmoji(emoji.emoji, size);
      if (picture !== undefined)
        await writeFile(join(making, splitOf(emoji), fileName(emoji)), await encodePng(picture));
      onProgress?.(++numDone, all.length);
      return picture !== undefined;
    });
    drawn.push(...all.filter((_, index) => isDrawn[index]));
    for (const split of ["train", "test"]) {
      const lines = drawn
        .filter((emoji) => splitOf(emoji) === split)
        .map((emoji) => `${JSON.stringify(metadataOf(emoji))}\n`);
      await writeFile(join(making, split, METADATA_FILE), lines.join(""));
    }
  });
  const numTestPictures = drawn.filter(isHeldOutEmoji).length;
  return {
    numTrainPictures: drawn.length - numTestPictures,
    numTestPictures,
    numBaseEmoji: new Set(drawn.map(({ base }) => base)).size,
    numLeftOut: all.length - drawn.length,
  };
}

function splitOf(emoji: Emoji): "train" | "test" {
  return isHeldOutEmoji(emoji) ? "test" : "train";
}

function fileName({ hexcode }: Emoji): string {
  return `${hexcode}.png`;
}

function metadataOf(emoji: Emoji): Record<string, string> {
  return { file_name: fileName(emoji), text: emoji.name, emoji: emoji.emoji, base: emoji.base };
}
