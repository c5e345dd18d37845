import { describe, expect, it } from "vitest";
import { packTiktokenRanks, readTiktokenRanks, writeTiktokenRanks } from "./tiktoken-ranks.ts";

const TOKENS = [Uint8Array.of(104), Uint8Array.of(0, 255), Uint8Array.of(32, 104, 105)];

describe("tiktoken ranks", () => {
  it("writes base64 and rank, a line each", () => {
    expect(writeTiktokenRanks(TOKENS)).toBe("aA== 0\nAP8= 1\nIGhp 2\n");
  });

  it("reads the plain and the packed form back", () => {
    expect(readTiktokenRanks(writeTiktokenRanks(TOKENS))).toEqual(TOKENS);
    expect(readTiktokenRanks(packTiktokenRanks(TOKENS))).toEqual(TOKENS);
    expect(readTiktokenRanks("! 1 AP8= IGhp\n! 0 aA==\n")).toEqual(TOKENS);
  });

  it("names what is malformed", () => {
    expect(() => readTiktokenRanks("aA== 0\nnonsense\n")).toThrow(/line 2/);
    expect(() => readTiktokenRanks("aA== 0\n*** 1\n")).toThrow(/line 2 holds "\*\*\*"/);
    expect(() => readTiktokenRanks("aA== 0\naQ== 2\n")).toThrow(/rank 1 of 3 is missing/);
    expect(() => readTiktokenRanks("aA== 0\naQ== 0\n")).toThrow(/rank 0 occurs twice/);
    expect(() => readTiktokenRanks('{"model": {}}')).toThrow(TypeError);
  });
});
