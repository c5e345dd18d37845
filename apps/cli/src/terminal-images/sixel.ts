/**
 * Sixel graphics (xterm -ti vt340, foot, mlterm, Windows Terminal, tmux 3.4): bands of six rows, each drawn once for every
 * colour in it. DEC, VT330/VT340 Programmer Reference Manual, chapter 14.
 */
import type { Picture } from "@interfuse/data";
import { type IndexedPicture, indexColours } from "./palette.ts";

/** Registers that terminals have at least, where they show pictures at all. */
const MAX_COLOURS = 256;
const BAND = 6;
/** Code of the sixel without a pixel. */
const EMPTY = 63;
/** Repetitions from which the short form is shorter. */
const LEAST_RUN = 4;

/** Shows a picture at the cursor, one pixel of it as one of the screen; the cursor ends below. */
export function sixelImage(picture: Picture): string {
  const indexed = indexColours(picture, MAX_COLOURS);
  const { width, height, palette } = indexed;
  const colours = palette.map((colour, index) => `#${index};2;${colour.map(percent).join(";")}`);
  const bands = Array.from({ length: Math.ceil(height / BAND) }, (_, band) => bandText(indexed, band * BAND));
  // Second parameter 1: pixels that are not drawn stay as they are. Then aspect ratio 1:1 and the size.
  return `\x1bP0;1;0q"1;1;${width};${height}${colours.join("")}${bands.join("-")}\x1b\\`;
}

/** Every colour of six rows over one another, from their left end. */
function bandText({ width, height, indices }: IndexedPicture, top: number): string {
  const rows = Math.min(BAND, height - top);
  const sixels = new Map<number, Uint8Array>();
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < width; x++) {
      const index = indices[(top + row) * width + x] as number;
      const line = sixels.get(index) ?? new Uint8Array(width);
      line[x] = (line[x] as number) | (1 << row);
      sixels.set(index, line);
    }
  }
  return [...sixels].map(([index, line]) => `#${index}${runs(line)}`).join("$");
}

/** Characters of a line, repeated ones as `!COUNT`; what is empty at its end is left out. */
function runs(line: Uint8Array): string {
  let text = "";
  const end = line.findLastIndex((sixel) => sixel !== 0) + 1;
  for (let x = 0; x < end; ) {
    const sixel = line[x] as number;
    let count = 1;
    while (x + count < end && line[x + count] === sixel) count++;
    const character = String.fromCharCode(EMPTY + sixel);
    text += count < LEAST_RUN ? character.repeat(count) : `!${count}${character}`;
    x += count;
  }
  return text;
}

function percent(value: number): number {
  return Math.round((100 * value) / 255);
}
