/** From a scene to words: the one right description, and every caption that is true of it. */
import { type Caption, type GroupCount, mirrorCaption, type Relation } from "./caption.ts";
import { isSameLook, type Look, type Scene, sizeClassOf } from "./world.ts";

/** A place in the picture; x to the right, y downwards. */
export type Place = { readonly x: number; readonly y: number };

/** How `first` stands to `second`: along the axis on which they are further apart. */
export function relationBetween(first: Place, second: Place): Relation {
  const dx = second.x - first.x;
  const dy = second.y - first.y;
  if (Math.abs(dx) > Math.abs(dy)) return dx > 0 ? "left of" : "right of";
  return dy > 0 ? "above" : "below";
}

/**
 * The one right description of a scene: a single object with its size when that is small or large, two different ones
 * by the relation of the left or upper one, equal ones by their count.
 *
 * @throws RangeError when the scene is not of this world (no object, more than four, or several unequal ones that are
 * not two of different colours).
 */
export function describeScene(scene: Scene): Caption {
  const [first, second] = scene.objects;
  if (first === undefined) throw new RangeError("describeScene: the scene has no objects; it must have 1 to 4");
  if (second === undefined) {
    const size = sizeClassOf(first.radius);
    return size === "medium" ? { kind: "single", ...lookOf(first) } : { kind: "single", size, ...lookOf(first) };
  }
  const count = scene.objects.length;
  if (scene.objects.every((object) => isSameLook(object, first)) && count <= 4) {
    return { kind: "count", count: count as GroupCount, ...lookOf(first) };
  }
  if (count !== 2 || first.colour === second.colour) {
    throw new RangeError(
      `describeScene: ${count} objects that differ; a scene has one object, two of different colours, or two to four equal ones`,
    );
  }
  const relation = relationBetween(first, second);
  const caption = { kind: "relation", first: lookOf(first), relation, second: lookOf(second) } as const;
  return relation === "left of" || relation === "above" ? caption : mirrorCaption(caption);
}

/** Every caption that is true of a scene, the right description first: a size may be left out, a relation be mirrored. */
export function captionsOf(scene: Scene): Caption[] {
  const caption = describeScene(scene);
  if (caption.kind === "relation") return [caption, mirrorCaption(caption)];
  if (caption.kind === "single" && caption.size !== undefined) return [caption, { kind: "single", ...lookOf(caption) }];
  return [caption];
}

function lookOf({ colour, shape }: Look): Look {
  return { colour, shape };
}
