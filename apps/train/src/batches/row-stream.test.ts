import { type Document, layoutDocuments } from "@interfuse/model";
import type { JsonValue } from "@interfuse/training";
import { describe, expect, it } from "vitest";
import { type DocumentStream, type LayOut, RowStream } from "./row-stream.ts";

const frame = { boi: 1, eoi: 2, fill: 0, eos: 3 };
const layOut: LayOut = (documents, overrides) =>
  layoutDocuments(documents, { frame, patchSize: 1, contextPolicy: "clean", positionKind: "axial", ...overrides });

/** Document i has 3 + i mod 5 tokens, all equal to 10 + i. */
class Counting implements DocumentStream {
  #index: number;
  constructor(index = 0) {
    this.#index = index;
  }
  async next(): Promise<Document> {
    const index = this.#index++;
    const tokenIds = Array.from({ length: 3 + (index % 5) }, () => 10 + index);
    return { parts: [{ kind: "text", tokenIds }] };
  }
  state(): JsonValue {
    return this.#index;
  }
}

async function take(stream: RowStream, count: number): Promise<number[][]> {
  const rows: number[][] = [];
  for (let i = 0; i < count; i++) rows.push([...(await stream.next()).value.tokenIds]);
  return rows;
}

describe("RowStream", () => {
  it("packs whole documents in order into rows of one length", async () => {
    const rows = await take(new RowStream(new Counting(), { layOut, tokens: 16 }), 20);
    expect(rows.every((row) => row.length === 16)).toBe(true);
    const seen = rows.flat().filter((id) => id >= 10);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.filter((id) => id === 14)).toHaveLength(7);
  });

  it("a stream reopened at a state returns the same next rows", async () => {
    const stream = new RowStream(new Counting(), { layOut, tokens: 16 });
    await take(stream, 3);
    const state = stream.state() as number;
    const expected = await take(stream, 5);
    expect(await take(new RowStream(new Counting(state), { layOut, tokens: 16 }), 5)).toEqual(expected);
  });

  it("a document longer than a row is an error", async () => {
    await expect(new RowStream(new Counting(4), { layOut, tokens: 6 }).next()).rejects.toThrow(/7 tokens/);
  });
});
