/**
 * A plain folder of pictures as conversations. Captions come from `metadata.jsonl` (`{ "file_name", "text" }` a line), or
 * from a text file beside each picture (`cat.jpg`, `cat.txt`), or there are none. A captioned picture becomes a draw and
 * a describe example; without captions it is drawn on "draw a picture".
 */
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { z } from "zod";
import { type ChatRow, parseJsonLines } from "../chat-jsonl/chat-row.ts";
import { DESCRIBE_PROMPT } from "../scenes/scene-task.ts";
import { isPictureFile, listFiles, PICTURE_ENDINGS } from "./picture-files.ts";

/** The file that holds the captions of a folder, as in Hugging Face's image folders. */
export const METADATA_FILE = "metadata.jsonl";

/** What was found in a folder: its examples, and what does not fit together. */
export type FolderRows = {
  readonly rows: ChatRow[];
  /** Rows of `metadata.jsonl` or caption files whose picture is not there. */
  readonly captionsWithoutPicture: string[];
  /** Pictures that have no caption though others have; they are not used. */
  readonly picturesWithoutCaption: string[];
};

const metadataSchema = z.looseObject({ file_name: z.string().min(1), text: z.string().trim().min(1) });

/**
 * Reads a folder's pictures and captions; no picture is decoded.
 *
 * @throws Error when there are no pictures, no caption has its picture, or a line of `metadata.jsonl` is wrong.
 */
export async function readFolderRows(folder: string): Promise<FolderRows> {
  const files = await listFiles(folder);
  const pictures = files.filter(isPictureFile);
  if (pictures.length === 0) {
    throw new Error(
      `openDataset: no pictures in "${folder}" (looked for ${PICTURE_ENDINGS}); put pictures there, or name another folder`,
    );
  }
  const captions = files.includes(METADATA_FILE)
    ? await readMetadata(join(folder, METADATA_FILE))
    : await readCaptionFiles(folder, files);
  if (captions.size === 0) {
    const rows = pictures.map((file) => drawRow(file, "draw a picture"));
    return { rows, captionsWithoutPicture: [], picturesWithoutCaption: [] };
  }
  const isThere = new Set(pictures);
  const captioned = [...captions].filter(([file]) => isThere.has(file));
  if (captioned.length === 0) {
    const [first] = captions.keys();
    throw new Error(
      `openDataset: none of the ${captions.size} captions in "${folder}" has its picture (first: "${first}"); put the pictures there`,
    );
  }
  return {
    rows: captioned.flatMap(([file, caption], index) => [
      drawRow(file, index % 2 === 0 ? `draw ${caption}` : caption),
      describeRow(file, caption),
    ]),
    captionsWithoutPicture: [...captions.keys()].filter((file) => !isThere.has(file)),
    picturesWithoutCaption: pictures.filter((file) => !captions.has(file)),
  };
}

async function readMetadata(file: string): Promise<Map<string, string>> {
  const captions = new Map<string, string>();
  for (const { value, line } of parseJsonLines(await readFile(file, "utf8"), file)) {
    const result = metadataSchema.safeParse(value);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw new Error(
        `${file}, line ${line}: ${issue?.path.join(".") || "the row"}: ${issue?.message}; a row is {"file_name": "...", "text": "..."}`,
      );
    }
    const name = posix.normalize(result.data.file_name);
    if (captions.has(name)) throw new Error(`${file}, line ${line}: "${name}" already has a row; keep one`);
    captions.set(name, result.data.text);
  }
  return captions;
}

/** Captions by picture; a caption file without a picture stands under its own name. */
async function readCaptionFiles(folder: string, files: readonly string[]): Promise<Map<string, string>> {
  const pictureOfStem = new Map(files.filter(isPictureFile).map((file) => [withoutExtension(file), file]));
  const captions = new Map<string, string>();
  for (const file of files.filter((name) => name.toLowerCase().endsWith(".txt"))) {
    const text = (await readFile(join(folder, file), "utf8")).replace(/^\ufeff/, "").trim();
    if (text !== "") captions.set(pictureOfStem.get(withoutExtension(file)) ?? file, text);
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
