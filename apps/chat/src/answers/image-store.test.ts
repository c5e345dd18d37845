import { describe, expect, it } from "vitest";
import { IMAGE_ID, ImageStore } from "./image-store.ts";

describe("ImageStore", () => {
  it("keeps what was looked at last within its memory", () => {
    const store = new ImageStore({ maxBytes: 25 });
    const [first, second] = [store.put(new Uint8Array(10)), store.put(new Uint8Array(10))];
    expect(first).toMatch(IMAGE_ID);
    store.get(first);
    const third = store.put(new Uint8Array(10));
    expect([first, second, third].map((id) => store.get(id)?.length)).toEqual([10, undefined, 10]);
    expect(store.numBytes).toBe(20);
  });

  it("keeps one image that is too large, until the next", () => {
    const store = new ImageStore({ maxBytes: 5 });
    const id = store.put(new Uint8Array(10));
    expect(store.get(id)).toBeDefined();
    store.put(new Uint8Array(1));
    expect([store.get(id), store.numBytes]).toEqual([undefined, 1]);
  });
});
