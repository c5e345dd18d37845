import { describe, expect, it } from "vitest";
import { halfBlocks } from "./half-blocks.ts";

describe("halfBlocks", () => {
  const picture = { width: 2, height: 3, data: Uint8Array.from({ length: 18 }, (_, index) => index) };

  it("shows two rows of pixels a line, the last row repeated", () => {
    const lines = halfBlocks(picture, 10).split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe("\x1b[38;2;0;1;2m\x1b[48;2;6;7;8m▀\x1b[38;2;3;4;5m\x1b[48;2;9;10;11m▀\x1b[0m");
    expect(lines[1]).toContain("38;2;12;13;14m\x1b[48;2;12;13;14m");
  });

  it("thins out what is wider than the terminal", () => {
    expect(halfBlocks(picture, 1).split("▀")).toHaveLength(2);
  });
});
