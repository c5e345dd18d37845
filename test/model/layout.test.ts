import { countTargets, type Document, type ImagePart, type LayoutOptions, layoutDocuments } from "@interfuse/model";
import { describe, expect, it } from "vitest";

const options: LayoutOptions = {
  frame: { boi: 1, eoi: 2, eos: 3, fill: 0 },
  patchSize: 1,
  contextPolicy: "clean",
  positionKind: "axial",
  multipleOf: 1,
};

function image(height: number, width: number, hasLoss: boolean): ImagePart {
  return { kind: "image", latents: new Float32Array(height * width * 2), height, width, hasLoss };
}

function text(...tokenIds: number[]) {
  return { kind: "text" as const, tokenIds };
}

function target(...tokenIds: number[]) {
  return { kind: "text" as const, tokenIds, lossMask: tokenIds.map(() => true) };
}

function positionsOf(document: Document, overrides: Partial<LayoutOptions> = {}): number[][] {
  const layout = layoutDocuments([document], { ...options, ...overrides });
  return Array.from({ length: layout.length }, (_, row) => [...layout.positions_L3.subarray(3 * row, 3 * row + 3)]);
}

describe("positions", () => {
  const document: Document = { parts: [text(5, 6), image(2, 3, false), text(7)] };

  it("are (p, p + row, p + column) for patches, and text goes on at p + max(rows, columns)", () => {
    expect(positionsOf(document)).toEqual([
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2], // BOI
      [3, 3, 3],
      [3, 3, 4],
      [3, 3, 5],
      [3, 4, 3],
      [3, 4, 4],
      [3, 4, 5],
      [6, 6, 6], // EOI
      [7, 7, 7],
    ]);
  });

  it("are 1-D throughout when raster", () => {
    expect(positionsOf(document, { positionKind: "raster" })).toEqual(Array.from({ length: 11 }, (_, p) => [p, p, p]));
  });

  it("of a noised copy are those of its clean twin", () => {
    const layout = layoutDocuments([{ parts: [text(5), image(2, 2, true), target(7)] }], {
      ...options,
      noisedCopies: 2,
    });
    const [clean, ...noised] = layout.images;
    expect(layout.images.map((entry) => entry.role)).toEqual(["clean", "noised", "noised"]);
    expect(noised.map((entry) => entry.start)).toEqual([8, 12]);
    const at = (start: number) => layout.positions_L3.slice(3 * start, 3 * start + 12);
    for (const copy of noised) {
      expect(at(copy.start)).toEqual(at(clean!.start));
    }
  });

  it("start anew with each document", () => {
    const layout = layoutDocuments([{ parts: [text(5, 6)] }, { parts: [text(7)] }], { ...options, multipleOf: 4 });
    expect([...layout.positions_L3]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect([...layout.tokenIds]).toEqual([5, 6, 7, 0]);
    expect([...layout.keyRanges.slice(8)]).toEqual([2, 3, 0, 0, 0, 0, 0, 0]);
  });
});

describe("text targets", () => {
  it("are predicted by the row before; BOI by the text before a drawn image, the token after an image by EOI", () => {
    const layout = layoutDocuments([{ parts: [text(5, 6), image(1, 2, true), target(7, 3)] }], options);
    // rows: 5 6 BOI x x EOI 7 3, then the noised copy
    expect([...layout.textTargetRows]).toEqual([1, 5, 6]);
    expect([...layout.textTargetIds]).toEqual([1, 7, 3]);
    expect(countTargets(layout)).toEqual({ numTextTargets: 3, numImages: 1 });
  });

  it("leave out BOI of a given image and of one that opens the document, and EOI always", () => {
    const layout = layoutDocuments(
      [{ parts: [image(1, 1, true)] }, { parts: [text(5), image(1, 1, false), target(8)] }],
      options,
    );
    expect([...layout.textTargetIds]).toEqual([8]);
    expect([...layout.textTargetRows]).toEqual([6]);
  });
});

describe("context policies", () => {
  const roles = (document: Document, overrides: Partial<LayoutOptions>) =>
    layoutDocuments([document], { ...options, ...overrides }).images.map((entry) => [
      entry.role,
      entry.partIndex,
      entry.timestepCap,
    ]);

  it("noisy: noised in place, capped at 0.5 only before text with a loss", () => {
    expect(roles({ parts: [text(5), image(1, 1, true), target(7, 3)] }, { contextPolicy: "noisy" })).toEqual([
      ["noised", 1, 0.5],
    ]);
    expect(roles({ parts: [text(5), image(1, 1, true), target(3)] }, { contextPolicy: "noisy" })).toEqual([
      ["noised", 1, 1],
    ]);
    expect(roles({ parts: [text(5), image(1, 1, false), target(7)] }, { contextPolicy: "noisy" })).toEqual([
      ["clean", 1, 1],
    ]);
  });

  it("clean: an image that only an end token follows stands noised in place, others get a twin after the end", () => {
    expect(roles({ parts: [text(5), image(1, 1, true), target(3)] }, {})).toEqual([["noised", 1, 1]]);
    expect(roles({ parts: [text(5), image(1, 1, true), text(6), image(1, 1, true)] }, {})).toEqual([
      ["clean", 1, 1],
      ["noised", 3, 1],
      ["noised", 1, 1],
    ]);
  });
});

describe("bad input", () => {
  const layout = (document: Document, overrides: Partial<LayoutOptions> = {}) =>
    layoutDocuments([document], { ...options, latentChannels: 2, vocabSize: 10, ...overrides });

  it.each([
    ["an empty document", { parts: [text()] }, /documents\[0\] is empty/],
    ["an unknown id", { parts: [text(5, 10)] }, /tokenIds\[1\] \(=10\).*vocabSize \(=10\)/],
    ["a framing token in text", { parts: [text(5, 1)] }, /framing token/],
    ["a short loss mask", { parts: [{ kind: "text", tokenIds: [5, 6], lossMask: [false] }] }, /lossMask has length 1/],
    ["a first token with a loss", { parts: [target(5)] }, /lossMask\[0\] must be false/],
    ["latents of another size", { parts: [{ ...image(2, 2, true), height: 3 }] }, /latents has 8 values/],
    ["an unknown part", { parts: [{ kind: "audio" } as never] }, /kind \(=audio\)/],
  ] satisfies [string, Document, RegExp][])("names %s", (_, document, message) => {
    expect(() => layout(document)).toThrow(message);
  });

  it("names a grid that patches do not divide", () => {
    expect(() => layout({ parts: [image(2, 3, true)] }, { patchSize: 2 })).toThrow(/width \(=3\).*patchSize \(=2\)/);
  });

  it("names an empty row and a bad option", () => {
    expect(() => layoutDocuments([], options)).toThrow(/documents is empty/);
    expect(() => layoutDocuments([{ parts: [text(5)] }], { ...options, noisedCopies: 0 })).toThrow(
      /noisedCopies \(=0\)/,
    );
  });
});
