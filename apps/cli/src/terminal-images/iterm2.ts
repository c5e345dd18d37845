/** iTerm2's inline images (iTerm2, WezTerm, mintty, VS Code): a whole PNG in an OSC sequence. https://iterm2.com/documentation-images.html */

/** Shows a PNG at the cursor, as wide as a number of columns. */
export function iterm2Image(png: Uint8Array, { columns }: { columns: number }): string {
  const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  return `\x1b]1337;File=inline=1;size=${png.length};width=${columns};preserveAspectRatio=1:${base64}\x07`;
}
