import { expect, test } from "vitest";
import { type Caption, canonicalCaption, formatCaption, mirrorCaption, parseCaption } from "./caption.ts";
import { COLOUR_NAMES, SHAPE_NAMES } from "./world.ts";

const looks = COLOUR_NAMES.flatMap((colour) => SHAPE_NAMES.map((shape) => ({ colour, shape })));
const relations = looks.flatMap((first) =>
  looks
    .filter(({ colour }) => colour !== first.colour)
    .flatMap((second) =>
      (["left of", "right of", "above", "below"] as const).map(
        (relation) => ({ kind: "relation", first, relation, second }) as const,
      ),
    ),
);

test("every caption of the grammar is read back as it was", () => {
  const singles = looks.flatMap((look): Caption[] => [
    { kind: "single", ...look },
    { kind: "single", size: "small", ...look },
    { kind: "single", size: "large", ...look },
  ]);
  const counts = looks.flatMap((look) =>
    ([2, 3, 4] as const).map((count): Caption => ({ kind: "count", count, ...look })),
  );
  const captions = [...singles, ...counts, ...relations];
  expect(captions).toHaveLength(72 + 72 + 2016);
  for (const caption of captions) expect(parseCaption(formatCaption(caption))).toEqual(caption);
  expect(new Set(captions.map(formatCaption)).size).toBe(captions.length);
});

test.each([
  "a red",
  "a medium red circle",
  "a small red circle left of a blue square",
  "a red circle left of a red square",
  "five red circles",
  "two red circle",
  "one red circle",
  "a red circle beside a blue square",
  "draw a red circle",
  " a red circle",
  "",
])("%j is not a caption", (text) => {
  expect(parseCaption(text)).toBeUndefined();
});

test("a caption and its mirror share the canonical form, which is told from the left or upper object", () => {
  for (const caption of relations) {
    const canonical = canonicalCaption(caption);
    expect(canonicalCaption(mirrorCaption(caption))).toEqual(canonical);
    expect(canonical.kind === "relation" && canonical.relation).toMatch(/left of|above/);
  }
  expect(formatCaption(mirrorCaption(relations[0] as (typeof relations)[number]))).toBe(
    "a green circle right of a red circle",
  );
});
