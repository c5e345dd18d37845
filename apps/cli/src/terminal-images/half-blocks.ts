/** A picture in a terminal: each character cell shows two pixels, the upper as its colour and the lower as its background. */
import type { Picture } from "@interfuse/data";

/** Lines of coloured half-blocks (24-bit colour), at most `maxColumns` wide; larger pictures are thinned out. */
export function halfBlocks({ width, height, data }: Picture, maxColumns: number): string {
  const step = Math.max(1, Math.ceil(width / maxColumns));
  const colour = (x: number, y: number): string => {
    const index = (Math.min(y, height - 1) * width + x) * 3;
    return `${data[index]};${data[index + 1]};${data[index + 2]}`;
  };
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2 * step) {
    let line = "";
    for (let x = 0; x < width; x += step) line += `\x1b[38;2;${colour(x, y)}m\x1b[48;2;${colour(x, y + step)}m▀`;
    lines.push(`${line}\x1b[0m`);
  }
  return lines.join("\n");
}
