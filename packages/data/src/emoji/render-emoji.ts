/** One emoji as a picture, drawn by sharp's text renderer (Pango) with an installed colour font. */
import type { Picture } from "@interfuse/image-tokenizer";
import sharp from "sharp";

/** The family name of the font that is looked for, Google's Noto. */
export const EMOJI_FONT = "Noto Color Emoji";

/** RGB behind every emoji. */
const BACKGROUND = { r: 255, g: 255, b: 255 };
/** Font size to render at before reduction; near the size of the font's own bitmaps. */
const POINTS = 100;
/** Share of the picture's side that the glyph's longer side fills. */
const FILL = 0.92;
/** A sequence that the font cannot join comes out as several glyphs side by side. */
const MAX_ASPECT = 1.6;
/** What a font has no coloured glyph for is drawn in the text's colour, black; channels up to this count as black. */
const DARK = 8;

/** Draws an emoji, centred on white, `size` x `size`; undefined when the font has no single coloured glyph for it. @throws RangeError when the size is none. */
export async function renderEmoji(emoji: string, size: number): Promise<Picture | undefined> {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`renderEmoji: size (=${size}) must be a whole number of at least 1`);
  }
  const text = { text: emoji, font: `${EMOJI_FONT} ${POINTS}`, rgba: true } as const;
  const { data: rgba, info: glyph } = await sharp({ text }).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = glyph;
  if (Math.max(width, height) > MAX_ASPECT * Math.min(width, height) || isUncoloured(rgba)) return undefined;
  const inner = Math.max(1, Math.round(size * FILL));
  const before = (size - inner) >> 1;
  const after = size - inner - before;
  const { data, info } = await sharp(rgba, { raw: { width, height, channels: 4 } })
    .flatten({ background: BACKGROUND })
    .resize(inner, inner, { fit: "contain", background: BACKGROUND })
    .extend({ top: before, left: before, bottom: after, right: after, background: BACKGROUND })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: Uint8Array.from(data) };
}

/** Whether RGBA data has nothing but black: a box with the code in it, or a letter of another font. */
function isUncoloured(rgba: Uint8Array): boolean {
  return rgba.every((value, i) => i % 4 === 3 || value <= DARK);
}
