/** Images up to this side are shown with their pixels as squares, which is what they are; larger ones smoothly. */
const MAX_PIXELATED = 96;

/** Class of an <img> of this size. */
export function pixelsOf({ width, height }: { width: number; height: number }): string {
  return Math.max(width, height) <= MAX_PIXELATED ? "pixelated" : "";
}

/** Gives an <img> its class once its size is known: an `onLoad`. */
export function markPixels({ currentTarget: image }: { currentTarget: HTMLImageElement }): void {
  image.classList.toggle("pixelated", pixelsOf({ width: image.naturalWidth, height: image.naturalHeight }) !== "");
}
