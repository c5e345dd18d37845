/**
 * A plain folder of pictures as conversations. Captions come from `metadata.jsonl` or `metadata.csv`, or from a
 * text file beside each picture (`cat.jpg`, `cat.txt`), or there are none. A captioned picture becomes a draw and
 * a describe example; without captions it is drawn on "draw a picture".
 */
import { join } from "node:path";
import type { ChatRow } from "../chat-jsonl/chat-row.ts";
import { readTextFile } from "../files/read-text.ts";
import { DESCRIBE_PROMPT } from "../scenes/scene-task.ts";
import { readMetadata } from "./metadata.ts";
import { isOtherPictureFile, isPictureFile, listFiles, PICTURE_ENDINGS } from "./picture-files.ts";
import { unreadCaptionFiles } from "./unread-captions.ts";

/** What was found in a folder: its examples, and what does not fit together. */
export type FolderRows = {
  readonly rows: ChatRow[];
  /** Rows of captions, or caption files, whose picture is not there. */
  readonly captionsWithoutPicture: string[];
  /** Pictures that have no caption though others have; they are not used. */
  readonly picturesWithoutCaption: string[];
  /** Files that look like captions but are not read. */
  readonly unreadCaptions: string[];
  /** Pictures of forms that are not read. */
  readonly otherPictures: string[];
};

/**
 * Reads a folder's pictures and captions; no picture is decoded.
 *
 * @throws Error when there are no pictures, no caption has its picture, or the captions are wrong.
 */
export async function readFolderRows(folder: string): Promise<FolderRows> {
  const files = await listFiles(folder);
  const pictures = files.filter(isPictureFile);
  if (pictures.length === 0) {
    throw new Error(
      `openDataset: no pictures in "${folder}" (looked for ${PICTURE_ENDINGS}); put pictures there, or name another folder`,
    );
  }
  const unread = { unreadCaptions: unreadCaptionFiles(files), otherPictures: files.filter(isOtherPictureFile) };
  const metadata = await readMetadata(folder, files);
  const captions = metadata ?? (await readCaptionFiles(folder, files));
  if (captions.size === 0) {
    const rows = pictures.map((file) => drawRow(file, "draw a picture"));
    return { rows, captionsWithoutPicture: [], picturesWithoutCaption: [], ...unread };
  }
  const isThere = new Set(pictures);
  const captioned = [...captions].filter(([file]) => isThere.has(file));
  if (captioned.length === 0) {
    const [first] = captions.keys();
    throw new Error(
      metadata === undefined
        ? `openDataset: none of the ${captions.size} text files in "${folder}" has the name of a picture (first: "${first}"), whose caption it would be; name them as the pictures, or move them elsewhere`
        : `openDataset: none of the ${captions.size} captions in "${folder}" has its picture (first: "${first}"); put the pictures there`,
    );
  }
  return {
    rows: captioned.flatMap(([file, caption], index) => [
      drawRow(file, index % 2 === 0 ? `draw ${caption}` : caption),
      describeRow(file, caption),
    ]),
    captionsWithoutPicture: [...captions.keys()].filter((file) => !isThere.has(file)),
    picturesWithoutCaption: pictures.filter((file) => !captions.has(file)),
    ...unread,
  };
}

/**
 * Captions by picture; a caption file without a picture stands under its own name.
 *
 * @throws Error when there are files of captions and all are empty.
 */
async function readCaptionFiles(folder: string, files: readonly string[]): Promise<Map<string, string>> {
  const pictureOfStem = new Map(files.filter(isPictureFile).map((file) => [withoutExtension(file), file]));
  const captions = new Map<string, string>();
  const textFiles = files.filter((name) => name.toLowerCase().endsWith(".txt"));
  for (const file of textFiles) {
    const text = (await readTextFile(join(folder, file))).trim();
    if (text !== "") captions.set(pictureOfStem.get(withoutExtension(file)) ?? file, text);
  }
  if (captions.size === 0 && textFiles.length > 0) {
    throw new Error(
      `openDataset: all ${textFiles.length} files of captions in "${folder}" are empty (first: "${textFiles[0]}"); write captions, or remove them`,
    );
  }
  return captions;
}

function withoutExtension(file: string): string {
  return file.slice(0, file.lastIndexOf("."));
}

function drawRow(file: string, prompt: string): ChatRow {
  return {
    id: `draw ${file}`,
    task: "draw",
    messages: [
      { role: "user", content: prompt },
      { role: "assistant", content: [{ type: "image", file }] },
    ],
  };
}

function describeRow(file: string, caption: string): ChatRow {
  return {
    id: `describe ${file}`,
    task: "describe",
    messages: [
      {
        role: "user",
        content: [
          { type: "image", file },
          { type: "text", text: DESCRIBE_PROMPT },
        ],
      },
      { role: "assistant", content: caption },
    ],
  };
}
