/** One emoji as a picture, drawn by sharp's text renderer (Pango) with an installed colour font. */
import type { Picture } from "@interfuse/image-tokenizer";
import sharp from "sharp";

export const EMOJI_FONT = "Noto Color Emoji";

/** RGB behind every emoji. */
const BACKGROUND = { r: 255, g: 255, b: 255 };
/** Font size to render at before reduction; near the size of the font's own bitmaps. */
const POINTS = 100;
/** Share of the picture's side that the glyph's longer side fills. */
const FILL = 0.92;
/** A sequence that the font cannot join comes out as several glyphs side by side. */
const MAX_ASPECT = 1.6;
/** Standard deviation (0–255) of the colours below which a glyph counts as a flat box. */
const FLAT_BELOW = 2;

/** Draws an emoji, centred on white, `size` x `size`; undefined when the font has no single coloured glyph for it. */
export async function renderEmoji(emoji: string, size: number): Promise<Picture | undefined> {
  const text = { text: emoji, font: `${EMOJI_FONT} ${POINTS}`, rgba: true } as const;
  const glyph = await sharp({ text }).png({ compressionLevel: 0 }).toBuffer({ resolveWithObject: true });
  const { width, height } = glyph.info;
  if (Math.max(width, height) > MAX_ASPECT * Math.min(width, height)) return undefined;
  if (await isFlat(glyph.data)) return undefined;
  const inner = Math.max(1, Math.round(size * FILL));
  const before = (size - inner) >> 1;
  const after = size - inner - before;
  const { data, info } = await sharp(glyph.data)
    .resize(inner, inner, { fit: "contain", background: { ...BACKGROUND, alpha: 0 } })
    .extend({ top: before, left: before, bottom: after, right: after, background: { ...BACKGROUND, alpha: 0 } })
    .flatten({ background: BACKGROUND })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: Uint8Array.from(data) };
}

async function isFlat(png: Buffer): Promise<boolean> {
  const { channels } = await sharp(png).removeAlpha().stats();
  return channels.every(({ stdev }) => stdev < FLAT_BELOW);
}
