import { describe, expect, it } from "vitest";
import { KeptText } from "./kept-text.ts";

/** A storage with room for texts of this length. */
function storage(longest: number): Storage {
  const texts = new Map<string, string>();
  return {
    getItem: (key: string) => texts.get(key) ?? null,
    setItem(key: string, text: string) {
      if (text.length > longest) throw new DOMException("full", "QuotaExceededError");
      texts.set(key, text);
    },
    removeItem: (key: string) => texts.delete(key),
  } as unknown as Storage;
}

const blocked = () => {
  throw new DOMException("blocked", "SecurityError");
};

describe("KeptText", () => {
  it("is there on the next visit where there is room, and on this one in any case", () => {
    const place = storage(3);
    const text = new KeptText("a", () => place);
    expect([text.get(), text.set("one"), text.get(), text.set("three"), text.get()]).toEqual([
      undefined,
      true,
      "one",
      false,
      "three",
    ]);
    expect(new KeptText("a", () => place).get()).toBe("one");
    expect([text.set("two"), text.get()]).toEqual([true, "two"]);
    text.remove();
    expect([text.get(), new KeptText("a", () => place).get()]).toEqual([undefined, undefined]);
  });

  it("lasts as long as the page where storage is blocked", () => {
    const text = new KeptText("a", blocked);
    expect([text.get(), text.set("one"), text.get()]).toEqual([undefined, false, "one"]);
    text.remove();
    expect(text.get()).toBeUndefined();
  });
});
