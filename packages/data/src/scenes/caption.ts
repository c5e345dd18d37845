/**
 * The grammar of captions, both ways:
 *
 *     a [small|large ]COLOUR SHAPE
 *     a COLOUR SHAPE (left of|right of|above|below) a COLOUR SHAPE
 *     two|three|four COLOUR SHAPEs
 */
import { COLOURS, type Colour, type Look, SHAPES, type Shape } from "./world.ts";

/** Where the first object is, seen from the second. */
export type Relation = "left of" | "right of" | "above" | "below";
/** How many equal objects a caption of kind "count" names. */
export type GroupCount = 2 | 3 | 4;

/** What a caption says, parsed. A single object without `size` may have any. */
export type Caption =
  | ({ readonly kind: "single"; readonly size?: "small" | "large" } & Look)
  | { readonly kind: "relation"; readonly first: Look; readonly relation: Relation; readonly second: Look }
  | ({ readonly kind: "count"; readonly count: GroupCount } & Look);

/** The three forms of the grammar. */
export type CaptionKind = Caption["kind"];

const OPPOSITE: Record<Relation, Relation> = {
  "left of": "right of",
  "right of": "left of",
  above: "below",
  below: "above",
};

/** Number words from one on; a scene has at most four objects. */
const NUMBER_WORDS = ["one", "two", "three", "four"] as const;

/** The number word of a count from 1 to 4. */
export function numberWord(count: number): string {
  const word = NUMBER_WORDS[count - 1];
  if (word === undefined) throw new RangeError(`numberWord: count (=${count}) must be a whole number from 1 to 4`);
  return word;
}

/** "red circle". */
export function formatLook({ colour, shape }: Look): string {
  return `${colour} ${shape}`;
}

/** The caption's text. */
export function formatCaption(caption: Caption): string {
  switch (caption.kind) {
    case "single":
      return `a ${caption.size === undefined ? "" : `${caption.size} `}${formatLook(caption)}`;
    case "relation":
      return `a ${formatLook(caption.first)} ${caption.relation} a ${formatLook(caption.second)}`;
    case "count":
      return `${numberWord(caption.count)} ${formatLook(caption)}s`;
  }
}

const LOOK = `(${Object.keys(COLOURS).join("|")}) (${Object.keys(SHAPES).join("|")})`;
const SINGLE = new RegExp(`^a (?:(small|large) )?${LOOK}$`);
const RELATION = new RegExp(`^a ${LOOK} (left of|right of|above|below) a ${LOOK}$`);
const COUNT = new RegExp(`^(two|three|four) ${LOOK}s$`);

/** What a caption's text says, or undefined when it is not in the grammar (two equal colours in a relation are not). */
export function parseCaption(text: string): Caption | undefined {
  const single = SINGLE.exec(text);
  if (single) {
    const look = lookOf(single[2], single[3]);
    return single[1] === undefined
      ? { kind: "single", ...look }
      : { kind: "single", size: single[1] as "small" | "large", ...look };
  }
  const relation = RELATION.exec(text);
  if (relation) {
    const first = lookOf(relation[1], relation[2]);
    const second = lookOf(relation[4], relation[5]);
    if (first.colour === second.colour) return undefined;
    return { kind: "relation", first, relation: relation[3] as Relation, second };
  }
  const count = COUNT.exec(text);
  if (count) {
    const index = NUMBER_WORDS.indexOf(count[1] as (typeof NUMBER_WORDS)[number]);
    return { kind: "count", count: (index + 1) as GroupCount, ...lookOf(count[2], count[3]) };
  }
  return undefined;
}

/** The same relation told from the other object: "a B right of a A" for "a A left of a B". */
export function mirrorCaption(caption: Caption & { kind: "relation" }): Caption & { kind: "relation" } {
  return {
    kind: "relation",
    first: caption.second,
    relation: OPPOSITE[caption.relation],
    second: caption.first,
  };
}

/** The form that a relation and its mirror share: told by the left or upper object. Other captions are returned as is. */
export function canonicalCaption(caption: Caption): Caption {
  if (caption.kind !== "relation") return caption;
  return caption.relation === "left of" || caption.relation === "above" ? caption : mirrorCaption(caption);
}

function lookOf(colour: string | undefined, shape: string | undefined): Look {
  return { colour: colour as Colour, shape: shape as Shape };
}
