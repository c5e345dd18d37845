/** Paths that are typed into a program instead of a shell, or dropped on its terminal, which quotes or escapes them. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";

/** The file that is meant: as written, without quotes, without backslashes, with `~` for home; the first of these that is there. */
export function typedPath(text: string): string {
  const unquoted = /^(["'])(.+)\1$/.exec(text)?.[2] ?? text;
  const written = [text, unquoted, unquoted.replace(/\\(.)/g, "$1")];
  return [...written, ...written.map((path) => path.replace(/^~(?=\/)/, homedir()))].find(existsSync) ?? unquoted;
}
