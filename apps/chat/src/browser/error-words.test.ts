import { expect, it } from "vitest";
import { errorWords } from "./error-words.ts";

it("says what a lack of memory means, and leaves other errors as they are", () => {
  for (const message of [
    "Aborted(OOM). Build with -sASSERTIONS",
    "Array buffer allocation failed",
    "device was lost",
  ]) {
    const words = errorWords(new Error(message));
    expect(words).toMatch(/not enough memory for the model; close other tabs/);
    expect(words).toContain(message);
  }
  expect(errorWords(new RangeError('"config.json": formatVersion (=9) must be 1'))).toBe(
    '"config.json": formatVersion (=9) must be 1',
  );
  expect(errorWords({ message: "a thrown object" })).toBe("a thrown object");
});
