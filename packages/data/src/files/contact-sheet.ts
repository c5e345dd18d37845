/** Pictures in a grid with a text under each: the quickest way to judge what a model draws. */
import type { Picture } from "@interfuse/image-tokenizer";
import sharp from "sharp";

/** One picture of a {@link contactSheet}. */
export type ContactSheetItem = {
  readonly picture: Picture;
  /** Text under the picture. */
  readonly caption: string;
  /** Frame colour by outcome; no frame when not given. */
  readonly isRight?: boolean;
};

/** How a {@link contactSheet} is laid out. */
export type ContactSheetOptions = {
  /** Pictures a row; default 8. */
  readonly columns?: number;
  /** Side in pixels of the square that each picture is fitted into; default 128. Small pictures keep hard pixel edges. */
  readonly cellSize?: number;
  /** Heading above the grid. */
  readonly title?: string;
};

const PADDING = 10;
const FONT_SIZE = 13;
const LINE_HEIGHT = 16;
const MAX_LINES = 4;
/** Width of a character over the font size, a little above the mean of common sans-serif fonts. */
const CHARACTER_WIDTH = 0.56;

/**
 * Renders pictures and their captions as the bytes of a PNG file.
 *
 * @throws RangeError when there are no items.
 */
export async function contactSheet(
  items: readonly ContactSheetItem[],
  options: ContactSheetOptions = {},
): Promise<Uint8Array> {
  const { cellSize = 128, title } = options;
  if (items.length === 0) throw new RangeError("contactSheet: items is empty; it needs at least one picture");
  const columns = Math.min(options.columns ?? 8, items.length);
  const captions = items.map(({ caption }) => wrapText(caption, Math.floor(cellSize / (FONT_SIZE * CHARACTER_WIDTH))));
  const textHeight = Math.max(...captions.map((lines) => lines.length)) * LINE_HEIGHT;
  const rowHeight = cellSize + textHeight + PADDING;
  const top = PADDING + (title === undefined ? 0 : 2 * LINE_HEIGHT);
  const width = PADDING + columns * (cellSize + PADDING);
  const height = top + Math.ceil(items.length / columns) * rowHeight;
  const places = items.map((_, index) => ({
    left: PADDING + (index % columns) * (cellSize + PADDING),
    top: top + Math.floor(index / columns) * rowHeight,
  }));
  const texts = items.map((item, index) => {
    const place = places[index] as { left: number; top: number };
    return frameSvg(item, place, cellSize) + linesSvg(captions[index] as string[], place, cellSize);
  });
  if (title !== undefined) {
    texts.push(`<text x="${PADDING}" y="${PADDING + 18}" font-size="18" font-weight="bold">${escapeXml(title)}</text>`);
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="${FONT_SIZE}" fill="#1a1a1a">${texts.join("")}</svg>`;
  const tiles = await Promise.all(items.map(({ picture }) => fitPicture(picture, cellSize)));
  const layers = tiles.map((tile, index) => {
    const { left, top: y } = places[index] as { left: number; top: number };
    return {
      input: Buffer.from(tile.data),
      raw: { width: tile.width, height: tile.height, channels: 3 as const },
      left: left + ((cellSize - tile.width) >> 1),
      top: y + ((cellSize - tile.height) >> 1),
    };
  });
  return sharp({ create: { width, height, channels: 3, background: "white" }, limitInputPixels: false })
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }, ...layers])
    .png()
    .toBuffer();
}

/** Breaks a text into lines of at most `width` characters, between words where it can; a longer text ends in "…". */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.trim().split(/\s+/)) {
    const pieces = [...word];
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    if (line !== "") line += " ";
    while (line.length + pieces.length > width) {
      lines.push(line + pieces.splice(0, width - line.length).join(""));
      line = "";
    }
    line += pieces.join("");
  }
  if (line !== "") lines.push(line);
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES - 1), `${(lines[MAX_LINES - 1] as string).slice(0, width - 1)}…`];
}

async function fitPicture(picture: Picture, cellSize: number): Promise<Picture> {
  const { width, height } = picture;
  const scale = cellSize / Math.max(width, height);
  const { data, info } = await sharp(picture.data, { raw: { width, height, channels: 3 } })
    .resize(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)), {
      kernel: scale >= 1 ? "nearest" : "lanczos3",
      fit: "fill",
    })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

function frameSvg(
  { isRight }: ContactSheetItem,
  { left, top }: { left: number; top: number },
  cellSize: number,
): string {
  if (isRight === undefined) return "";
  const side = cellSize + 6;
  return `<rect x="${left - 3}" y="${top - 3}" width="${side}" height="${side}" fill="${isRight ? "#2da44e" : "#cf222e"}"/>`;
}

function linesSvg(lines: readonly string[], { left, top }: { left: number; top: number }, cellSize: number): string {
  return lines
    .map((line, index) => {
      const y = top + cellSize + FONT_SIZE + 3 + index * LINE_HEIGHT;
      return `<text x="${left + cellSize / 2}" y="${y}" text-anchor="middle">${escapeXml(line)}</text>`;
    })
    .join("");
}

/** Escapes markup and drops control characters that XML does not allow. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
