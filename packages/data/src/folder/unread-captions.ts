/** Files that look like captions of many pictures but are in a place or form that is not read, so that a run can say so. */
import { METADATA_FILES } from "./metadata.ts";

const LOOKS_LIKE_CAPTIONS = /(^|\/)(metadata|captions)\.(jsonl?|csv|tsv|parquet)$/i;

/** Those of the files, relative to their folder, that nothing reads. */
export function unreadCaptionFiles(files: readonly string[]): string[] {
  return files.filter((file) => LOOKS_LIKE_CAPTIONS.test(file) && !METADATA_FILES.includes(file));
}
