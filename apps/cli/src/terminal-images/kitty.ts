/**
 * Kitty's graphics protocol (kitty, Ghostty, WezTerm, Konsole): a PNG in base64, in pieces of an APC sequence.
 * https://sw.kovidgoyal.net/kitty/graphics-protocol/
 */
import { throughTmux } from "./tmux.ts";

/** The cells a picture covers. */
export type CellArea = { readonly columns: number; readonly rows: number };

/** Longest piece of base64 that the protocol allows. */
const PIECE = 4096;
/** Stands for a cell of a picture that was sent before; the id is its colour, the row its diacritic. */
const PLACEHOLDER = "\u{10eeee}";
/** The protocol's diacritics for rows 0, 1, ... */
const ROW_DIACRITICS = [
  0x305, 0x30d, 0x30e, 0x310, 0x312, 0x33d, 0x33e, 0x33f, 0x346, 0x34a, 0x34b, 0x34c, 0x350, 0x351, 0x352, 0x357, 0x35b,
  0x363, 0x364, 0x365, 0x366, 0x367, 0x368, 0x369, 0x36a, 0x36b, 0x36c, 0x36d, 0x36e, 0x36f, 0x483, 0x484,
].map((code) => String.fromCodePoint(code));

/** Rows of cells that a picture may cover inside tmux. */
export const MAX_PLACEHOLDER_ROWS = ROW_DIACRITICS.length;

/** Shows a PNG at the cursor, scaled to an area; nothing is answered. The cursor ends on the picture's last row. */
export function kittyImage(png: Uint8Array, { columns, rows }: CellArea): string {
  return commands(png, `a=T,f=100,q=2,c=${columns},r=${rows}`).join("");
}

/**
 * The same inside tmux, which knows nothing of pictures: the picture goes through it to the terminal, and text that tmux may
 * move and redraw says where it is shown.
 * @param id 1 to 16,777,215, another for each picture
 */
export function kittyImageInTmux(png: Uint8Array, { columns, rows }: CellArea, id: number): string {
  const sent = commands(png, `a=T,U=1,f=100,q=2,i=${id},c=${columns},r=${rows}`).map(throughTmux).join("");
  const colour = `\x1b[38;2;${(id >> 16) & 255};${(id >> 8) & 255};${id & 255}m`;
  // A cell without diacritics goes on with the row of the one before it.
  const lines = ROW_DIACRITICS.slice(0, rows).map(
    (diacritic) => `${colour}${PLACEHOLDER}${diacritic}${ROW_DIACRITICS[0]}${PLACEHOLDER.repeat(columns - 1)}\x1b[39m`,
  );
  return sent + lines.join("\n");
}

/** A query that terminals with the protocol answer with `OK`. */
export const KITTY_QUERY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";

function commands(png: Uint8Array, keys: string): string[] {
  const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  const pieces = base64.match(new RegExp(`.{1,${PIECE}}`, "g")) ?? [];
  return pieces.map((piece, index) => {
    const more = index < pieces.length - 1 ? 1 : 0;
    return `\x1b_G${index === 0 ? `${keys},` : ""}m=${more};${piece}\x1b\\`;
  });
}
