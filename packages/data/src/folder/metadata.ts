/** The captions of a folder in one file, `metadata.jsonl` or `metadata.csv`, as in Hugging Face's image folders. */
import { join, posix } from "node:path";
import { z } from "zod";
import { parseJsonLines } from "../chat-jsonl/chat-row.ts";
import { readTextFile } from "../files/read-text.ts";
import { parseMetadataCsv } from "./metadata-csv.ts";

/** The form that is written here. */
export const METADATA_FILE = "metadata.jsonl";

const forms = [
  { name: METADATA_FILE, parse: parseJsonLines, row: '{"file_name": "...", "text": "..."}' },
  { name: "metadata.csv", parse: parseMetadataCsv, row: 'a file and its caption, under a header "file_name,text"' },
];

/** All forms that are read, in the folder itself. */
export const METADATA_FILES: readonly string[] = forms.map(({ name }) => name);

const filled = z.string().trim().min(1, "must not be empty");
const rowSchema = z.looseObject({ file_name: filled, text: filled });

/**
 * Captions by picture; undefined when no file has them.
 *
 * @param files all files of the folder, relative to it.
 * @throws Error when both forms are there, or one without rows, or naming file and line of a wrong row.
 */
export async function readMetadata(folder: string, files: readonly string[]): Promise<Map<string, string> | undefined> {
  const [form, other] = forms.filter(({ name }) => files.includes(name));
  if (form === undefined) return undefined;
  if (other !== undefined) {
    throw new Error(`openDataset: "${folder}" has captions in both ${form.name} and ${other.name}; keep one`);
  }
  const file = join(folder, form.name);
  const captions = new Map<string, string>();
  for (const { value, line } of form.parse(await readTextFile(file), file)) {
    const result = rowSchema.safeParse(value);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw new Error(
        `${file}, line ${line}: ${issue?.path.join(".") || "the row"}: ${issue?.message}; a row is ${form.row}`,
      );
    }
    const name = posix.normalize(result.data.file_name);
    if (captions.has(name)) throw new Error(`${file}, line ${line}: "${name}" already has a row; keep one`);
    captions.set(name, result.data.text);
  }
  if (captions.size === 0) throw new Error(`${file}: has no rows; write one for each picture, or remove the file`);
  return captions;
}
