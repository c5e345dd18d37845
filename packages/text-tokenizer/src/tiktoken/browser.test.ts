import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { packTiktokenRanks } from "../tiktoken-ranks.ts";
import { initTextTokenizer, Tiktoken } from "./browser.ts";

it("loads tiktoken from bytes, once, and says what it needs without them", async () => {
  await expect(initTextTokenizer()).rejects.toThrow(/tiktoken_bg.wasm\?url/);
  const wasm = readFileSync(createRequire(import.meta.url).resolve("tiktoken/lite/tiktoken_bg.wasm"));
  await initTextTokenizer(wasm);
  await initTextTokenizer();
  const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  const encoding = new Tiktoken(packTiktokenRanks(bytes), {}, "\\S+|\\s+");
  expect([...encoding.encode("a b", [], [])]).toEqual([97, 32, 98]);
  encoding.free();
});
