import { type Document, type LayoutOptions, layoutDocuments, type Part } from "@interfuse/model";
import { Generator } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";

// What a token may see, written as a rule over pairs of tokens and independently of the layout's ranges.

const EOS = 3;
const frame = { boi: 1, eoi: 2, eos: EOS, fill: 0 };

interface Token {
  document: number;
  /** Order in the document; a noised copy after the end has none. */
  order: number;
  /** Which image's patches this token belongs to, as part index. */
  image?: number;
  /** Set for patches of a copy that stands after the document. */
  copy?: string;
  /** For a copy: the order of its image's BOI. */
  boiOrder?: number;
}

function randomDocument(generator: Generator): Document {
  const parts: Part[] = [{ kind: "text", tokenIds: [EOS] }];
  for (let count = generator.integer(5); count > 0; count--) {
    if (generator.uniform() < 0.5) {
      const tokenIds = Array.from({ length: generator.integer(4) }, () => 3 + generator.integer(6));
      parts.push({ kind: "text", tokenIds, lossMask: tokenIds.map(() => generator.uniform() < 0.4) });
    } else {
      const [height, width] = [2 * (1 + generator.integer(2)), 2 * (1 + generator.integer(3))];
      const hasLoss = generator.uniform() < 0.6;
      parts.push({ kind: "image", latents: new Float32Array(height * width), height, width, hasLoss });
    }
  }
  return { parts };
}

function hasLossAfter(document: Document, partIndex: number): boolean {
  return document.parts.slice(partIndex + 1).some((part) => {
    if (part.kind === "image") return part.hasLoss;
    return part.tokenIds.some((id, index) => id !== EOS && part.lossMask?.[index]);
  });
}

function expectedTokens(documents: readonly Document[], options: LayoutOptions): Token[] {
  const tokens: Token[] = [];
  documents.forEach((source, document) => {
    const copies: Token[] = [];
    let order = 0;
    source.parts.forEach((part, partIndex) => {
      if (part.kind === "text") {
        for (const _ of part.tokenIds) tokens.push({ document, order: order++ });
        return;
      }
      const boiOrder = order;
      const numPatches = (part.height / options.patchSize) * (part.width / options.patchSize);
      tokens.push({ document, order: order++ });
      for (let i = 0; i < numPatches; i++) tokens.push({ document, order: order++, image: partIndex });
      tokens.push({ document, order: order++ });
      const isNoisedInPlace = part.hasLoss && (options.contextPolicy === "noisy" || !hasLossAfter(source, partIndex));
      const wanted = part.hasLoss ? (options.noisedCopies ?? 1) - (isNoisedInPlace ? 1 : 0) : 0;
      for (let copy = 0; copy < wanted; copy++) {
        for (let i = 0; i < numPatches; i++) {
          copies.push({ document, order: Number.NaN, copy: `${partIndex}/${copy}`, boiOrder });
        }
      }
    });
    tokens.push(...copies);
  });
  return tokens;
}

function sees(token: Token, key: Token): boolean {
  if (token.document !== key.document) return false;
  if (key.copy !== undefined) return key.copy === token.copy;
  if (token.copy !== undefined) return key.order <= token.boiOrder!;
  return key.order <= token.order || (key.image !== undefined && key.image === token.image);
}

describe("key ranges", () => {
  it.each(["noisy", "clean"] as const)("equal the dense rule on 1,000 random layouts (%s)", (contextPolicy) => {
    const generator = new Generator(20, contextPolicy);
    for (let trial = 0; trial < 1000; trial++) {
      const documents = Array.from({ length: 1 + generator.integer(3) }, () => randomDocument(generator));
      const options: LayoutOptions = {
        frame,
        patchSize: 1 + generator.integer(2),
        contextPolicy,
        positionKind: "axial",
        noisedCopies: 1 + generator.integer(3),
        multipleOf: 16,
      };
      const layout = layoutDocuments(documents, options);
      const tokens = expectedTokens(documents, options);
      expect(layout.length).toBe(Math.ceil(tokens.length / 16) * 16);
      const differences: string[] = [];
      for (let i = 0; i < layout.length; i++) {
        const [a0, a1, b0, b1] = layout.keyRanges.subarray(4 * i, 4 * i + 4) as unknown as [
          number,
          number,
          number,
          number,
        ];
        expect(a0 <= a1 && (b0 === b1 || a1 <= b0) && b0 <= b1).toBe(true);
        for (let j = 0; j < layout.length; j++) {
          const actual = (j >= a0 && j < a1) || (j >= b0 && j < b1);
          const expected = i < tokens.length && j < tokens.length && sees(tokens[i]!, tokens[j]!);
          if (actual !== expected) differences.push(`trial ${trial}: ${i} -> ${j} is ${actual}`);
        }
      }
      expect(differences).toEqual([]);
    }
  });
});
