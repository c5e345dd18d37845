/** Text that people wrote, captions and rows: UTF-8 only, since any other encoding would be read as other words. */
import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";

/**
 * A text file without its byte order mark.
 *
 * @throws Error naming the file and the line when it is not UTF-8; the file system's when it cannot be read.
 */
export async function readTextFile(file: string): Promise<string> {
  const bytes = await readFile(file);
  // UTF-16 without a mark is valid UTF-8 where it has only ASCII: every other byte is a zero.
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw new Error(`${file}, line ${firstWrongLine(bytes)}: not UTF-8 text; save the file as UTF-8`);
  }
  return new TextDecoder().decode(bytes);
}

/** From 1. No character of several bytes has a line's end in it. */
function firstWrongLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf("\n", start);
    const content = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (!isUtf8(content) || content.includes(0)) return line;
    start = end + 1;
  }
  return line;
}
