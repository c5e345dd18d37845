import { expect, it } from "vitest";
import { iterm2Image } from "./iterm2.ts";

it("holds the whole PNG, its size and its width in columns", () => {
  expect(iterm2Image(Uint8Array.of(1, 2, 3, 4), { columns: 12 })).toBe(
    "\x1b]1337;File=inline=1;size=4;width=12;preserveAspectRatio=1:AQIDBA==\x07",
  );
});
