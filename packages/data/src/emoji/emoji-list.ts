/** The emoji of `emojibase-data` (English), each base emoji with its skin tones. */
import { createRequire } from "node:module";

/** One emoji or variant: `base` is the hexcode that all variants of it share. */
export type Emoji = { readonly emoji: string; readonly name: string; readonly hexcode: string; readonly base: string };

type Entry = { emoji: string; label: string; hexcode: string; group?: number; skins?: Entry[] };

/** Every emoji in a group (26 entries without one, such as lone regional indicators, are no pictures) and its skin tones. */
export function listEmoji(): Emoji[] {
  const entries = createRequire(import.meta.url)("emojibase-data/en/data.json") as Entry[];
  return entries
    .filter(({ group }) => group !== undefined)
    .flatMap((base) =>
      [base, ...(base.skins ?? [])].map(({ emoji, label, hexcode }) => ({
        emoji,
        name: label,
        hexcode,
        base: base.hexcode,
      })),
    );
}
