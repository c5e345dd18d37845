/**
 * The scenes world: what a picture may contain.
 *
 * Lengths are world units: a picture is 32 x 32 units whatever its size in pixels, so a scene can be rendered at any
 * size and read back from any size. x grows to the right, y downwards, and an object's place is its box centre.
 */

/** Side of the picture in world units; one unit is one pixel in a 32-pixel picture. */
export const WORLD_SIZE = 32;

/** RGB of the background. */
export const BACKGROUND = [24, 24, 24] as const;

/** RGB of each colour an object may have. */
export const COLOURS = {
  red: [220, 40, 40],
  green: [40, 180, 60],
  blue: [50, 80, 220],
  yellow: [235, 210, 50],
  purple: [150, 60, 190],
  orange: [240, 140, 30],
  cyan: [50, 200, 210],
  white: [245, 245, 245],
} as const;

/** A colour's name, as captions write it. */
export type Colour = keyof typeof COLOURS;
export const COLOUR_NAMES = Object.keys(COLOURS) as readonly Colour[];

/**
 * Size of each shape per unit of radius r: half width and half height of its box, and its area over r².
 * The area's centroid lies `centroidDrop` · r below the box centre.
 */
export const SHAPES = {
  circle: { halfWidth: 1, halfHeight: 1, area: Math.PI, boundingRadius: 1, centroidDrop: 0 },
  square: { halfWidth: 0.9, halfHeight: 0.9, area: 3.24, boundingRadius: 0.9 * Math.SQRT2, centroidDrop: 0 },
  triangle: { halfWidth: 1, halfHeight: 0.9, area: 1.8, boundingRadius: Math.hypot(1, 0.9), centroidDrop: 0.3 },
} as const;

/** A shape's name, as captions write it. */
export type Shape = keyof typeof SHAPES;
export const SHAPE_NAMES = Object.keys(SHAPES) as readonly Shape[];

/** Bounding circles of two objects are at least this far apart. */
const MIN_GAP = 3;
/** A relation is along the axis whose centre distance exceeds the other's by at least this. */
export const RELATION_MARGIN = 3;
/** Radii below are small. */
const SMALL_BELOW = 6;
/** Radii above are large. */
const LARGE_ABOVE = 8;

/** How large an object is; captions do not name "medium". */
export type SizeClass = "small" | "medium" | "large";

/** Radii that are drawn for each size; none lies within 0.4 of a border between two sizes. */
export const RADII: Record<SizeClass, { readonly min: number; readonly max: number }> = {
  small: { min: 4, max: SMALL_BELOW - 0.4 },
  medium: { min: SMALL_BELOW + 0.4, max: LARGE_ABOVE - 0.4 },
  large: { min: LARGE_ABOVE + 0.4, max: 10 },
};

/** The size that a radius (world units) counts as. */
export function sizeClassOf(radius: number): SizeClass {
  if (radius < SMALL_BELOW) return "small";
  return radius > LARGE_ABOVE ? "large" : "medium";
}

/** What a caption says about an object. */
export type Look = { readonly colour: Colour; readonly shape: Shape };

/** One object: its look, its box centre and its radius in world units. */
export type SceneObject = Look & { readonly x: number; readonly y: number; readonly radius: number };

/** A picture's content: one object, two of different colours, or two to four of one look. */
export type Scene = { readonly objects: readonly SceneObject[] };

/** Whether two looks name the same kind of object. */
export function isSameLook(a: Look, b: Look): boolean {
  return a.colour === b.colour && a.shape === b.shape;
}

/** Centre of an object's area, in world units; a triangle's lies below its box centre. */
export function centroidOf(object: SceneObject): { x: number; y: number } {
  return { x: object.x, y: object.y + SHAPES[object.shape].centroidDrop * object.radius };
}

/** Whether every object lies fully inside the picture and clear of the others. */
export function isWellPlaced(scene: Scene): boolean {
  return scene.objects.every(
    (object, index) =>
      isInside(object) && scene.objects.slice(index + 1).every((other) => gapBetween(object, other) >= MIN_GAP),
  );
}

function isInside({ shape, x, y, radius }: SceneObject): boolean {
  const { halfWidth, halfHeight } = SHAPES[shape];
  const isInsideAxis = (centre: number, half: number) => centre - half >= 0 && centre + half <= WORLD_SIZE;
  return isInsideAxis(x, halfWidth * radius) && isInsideAxis(y, halfHeight * radius);
}

function gapBetween(a: SceneObject, b: SceneObject): number {
  const reach = SHAPES[a.shape].boundingRadius * a.radius + SHAPES[b.shape].boundingRadius * b.radius;
  return Math.hypot(a.x - b.x, a.y - b.y) - reach;
}
