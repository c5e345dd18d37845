import { describe, expect, it } from "vitest";
import { SegmentAllocator } from "./segments.ts";

describe("SegmentAllocator", () => {
  it("hands out disjoint segments and reuses freed neighbours as one", () => {
    const segments = new SegmentAllocator();
    segments.grow(10);
    expect([segments.allocate(4), segments.allocate(3), segments.allocate(3)]).toEqual([0, 4, 7]);
    expect(segments.allocate(1)).toBeUndefined();
    segments.free(4, 3);
    segments.free(0, 4);
    expect(segments.allocate(8)).toBeUndefined();
    expect(segments.allocate(7)).toBe(0);
  });

  it("merges grown slots with a free tail", () => {
    const segments = new SegmentAllocator();
    segments.grow(4);
    expect(segments.allocate(2)).toBe(0);
    segments.grow(8);
    expect(segments.capacity).toBe(8);
    expect(segments.allocate(6)).toBe(2);
  });
});
