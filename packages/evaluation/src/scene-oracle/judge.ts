/** Whether a picture is right: the right objects and no others. Pure functions, no tolerance but the ones named here. */
import {
  type Caption,
  centroidOf,
  isSameLook,
  type Picture,
  parseCaption,
  relationBetween,
  type Scene,
  sizeClassOf,
} from "@interfuse/data";
import { readPicture, type SeenObject } from "./read-picture.ts";

/** A blob with a smaller share of one colour is no object of that colour. */
const MIN_PURITY = 0.7;
/** A blob that fills less of the best outline has no shape of this world. */
const MIN_FILL_RATIO = 0.8;
/** How far, in world units, an object may be from where it should be after an edit. */
export const PLACE_TOLERANCE = 3;

/**
 * Whether the picture shows what the caption says and nothing else. A caption without a size allows any; a relation must
 * hold along the axis on which the centres are further apart.
 *
 * @throws RangeError when the text is not a caption of the scenes world, or the picture is not square.
 */
export function isDrawnRight(caption: string, picture: Picture): boolean {
  const parsed = parseCaption(caption);
  if (parsed === undefined) {
    throw new RangeError(
      `isDrawnRight: caption (="${caption}") is not in the grammar of scenes, such as "a small red circle"`,
    );
  }
  const seen = readPicture(picture);
  return seen.every(isClear) && fitsCaption(parsed, seen);
}

/**
 * Whether the picture shows exactly the objects of the expected scene: each with its colour, its shape, and its centroid
 * within `PLACE_TOLERANCE`. As the expected scene holds the untouched objects too, these must have been kept.
 */
export function isEditRight(expected: Scene, picture: Picture): boolean {
  const seen = readPicture(picture);
  if (seen.length !== expected.objects.length || !seen.every(isClear)) return false;
  const left = [...seen];
  return expected.objects.every((object) => {
    const place = centroidOf(object);
    const index = left.findIndex(
      (candidate) =>
        isSameLook(candidate, object) && Math.hypot(candidate.x - place.x, candidate.y - place.y) <= PLACE_TOLERANCE,
    );
    if (index < 0) return false;
    left.splice(index, 1);
    return true;
  });
}

/** Whether a blob is of one colour and one shape at all. */
function isClear({ purity, fillRatio }: SeenObject): boolean {
  return purity >= MIN_PURITY && fillRatio >= MIN_FILL_RATIO;
}

function fitsCaption(caption: Caption, seen: readonly SeenObject[]): boolean {
  const [first, second] = seen;
  switch (caption.kind) {
    case "single":
      return (
        seen.length === 1 &&
        first !== undefined &&
        isSameLook(first, caption) &&
        (caption.size === undefined || sizeClassOf(first.radius) === caption.size)
      );
    case "count":
      return seen.length === caption.count && seen.every((object) => isSameLook(object, caption));
    case "relation": {
      if (seen.length !== 2 || first === undefined || second === undefined) return false;
      const [named, other] = isSameLook(first, caption.first) ? [first, second] : [second, first];
      return (
        isSameLook(named, caption.first) &&
        isSameLook(other, caption.second) &&
        relationBetween(boxCentreOf(named), boxCentreOf(other)) === caption.relation
      );
    }
  }
}

/** Relations are between box centres; a triangle's centroid lies below its own. */
function boxCentreOf(seen: SeenObject): { x: number; y: number } {
  const drop = centroidOf({ ...seen, x: 0, y: 0 }).y;
  return { x: seen.x, y: seen.y - drop };
}
