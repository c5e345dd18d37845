/** Random captions and random scenes that they describe, by rejection; all randomness from the passed `Generator`. */
import type { Generator } from "@interfuse/tensor";
import type { Caption, CaptionKind, GroupCount } from "./caption.ts";
import { relationBetween } from "./describe-scene.ts";
import { isHeldOutCaption } from "./held-out.ts";
import {
  COLOUR_NAMES,
  isWellPlaced,
  type Look,
  RADII,
  RELATION_MARGIN,
  type Scene,
  type SceneObject,
  SHAPE_NAMES,
  SHAPES,
  type SizeClass,
  WORLD_SIZE,
} from "./world.ts";

/** Train never shows a held-out relation; test shows no others. */
export type Split = "train" | "test";

/** Share of each kind among sampled scenes. Relations are the most, as they have the most captions. */
const KIND_SHARES: Record<CaptionKind, number> = { single: 0.25, relation: 0.55, count: 0.2 };

const SIZES: readonly SizeClass[] = ["small", "medium", "large"];
/** Sizes that leave room for the others, by number of objects. */
const SIZES_BY_COUNT: Record<number, readonly SizeClass[]> = {
  1: SIZES,
  2: SIZES,
  3: ["small", "medium"],
  4: ["small"],
};
const PLACEMENTS_PER_CHOICE = 20;

/** A uniformly chosen element. */
export function choose<T>(items: readonly T[], generator: Generator): T {
  return items[generator.integer(items.length)] as T;
}

/** A random kind of caption, by `KIND_SHARES`. */
function sampleKind(generator: Generator): CaptionKind {
  const u = generator.uniform();
  if (u < KIND_SHARES.single) return "single";
  return u < KIND_SHARES.single + KIND_SHARES.relation ? "relation" : "count";
}

/** A random canonical caption of one kind; relations come from the held-out ones if and only if the split is "test". */
export function sampleCaption(kind: CaptionKind, split: Split, generator: Generator): Caption {
  if (kind === "count") return { kind, count: (2 + generator.integer(3)) as GroupCount, ...sampleLook(generator) };
  if (kind === "single") {
    const size = choose(SIZES, generator);
    return size === "medium" ? { kind, ...sampleLook(generator) } : { kind, size, ...sampleLook(generator) };
  }
  for (;;) {
    const first = sampleLook(generator);
    const second = sampleLook(generator);
    if (first.colour === second.colour) continue;
    const caption: Caption = { kind, first, relation: generator.integer(2) === 0 ? "left of" : "above", second };
    if (isHeldOutCaption(caption) === (split === "test")) return caption;
  }
}

/** A random scene that the caption describes. A single object without a named size is of medium size. */
export function sampleSceneFor(caption: Caption, generator: Generator): Scene {
  const looks = looksOf(caption);
  const sizes = caption.kind === "single" ? [caption.size ?? ("medium" as const)] : SIZES_BY_COUNT[looks.length];
  for (;;) {
    const radii = looks.map(() => sampleRadius(choose(sizes ?? SIZES, generator), generator));
    for (let attempt = 0; attempt < PLACEMENTS_PER_CHOICE; attempt++) {
      const objects = looks.map((look, index) => placeObject(look, radii[index] as number, generator));
      if (isWellPlaced({ objects }) && hasRelation(objects, caption)) return { objects: generator.shuffle(objects) };
    }
  }
}

/** A random scene of the split: train scenes are never held out, test relations always are. */
export function sampleScene(split: Split, generator: Generator): Scene {
  return sampleSceneFor(sampleCaption(sampleKind(generator), split, generator), generator);
}

function sampleLook(generator: Generator): Look {
  return { colour: choose(COLOUR_NAMES, generator), shape: choose(SHAPE_NAMES, generator) };
}

function looksOf(caption: Caption): Look[] {
  if (caption.kind === "relation") return [caption.first, caption.second];
  const { colour, shape } = caption;
  return Array.from({ length: caption.kind === "count" ? caption.count : 1 }, () => ({ colour, shape }));
}

function sampleRadius(size: SizeClass, generator: Generator): number {
  const { min, max } = RADII[size];
  return min + (max - min) * generator.uniform();
}

function placeObject(look: Look, radius: number, generator: Generator): SceneObject {
  const { halfWidth, halfHeight } = SHAPES[look.shape];
  const within = (half: number) => half + (WORLD_SIZE - 2 * half) * generator.uniform();
  return {
    colour: look.colour,
    shape: look.shape,
    x: within(halfWidth * radius),
    y: within(halfHeight * radius),
    radius,
  };
}

function hasRelation(objects: readonly SceneObject[], caption: Caption): boolean {
  const [first, second] = objects;
  if (caption.kind !== "relation" || first === undefined || second === undefined) return true;
  const lead = Math.abs(Math.abs(first.x - second.x) - Math.abs(first.y - second.y));
  return lead >= RELATION_MARGIN && relationBetween(first, second) === caption.relation;
}
