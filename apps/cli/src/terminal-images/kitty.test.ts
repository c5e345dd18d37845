import { describe, expect, it } from "vitest";
import { kittyImage, kittyImageInTmux } from "./kitty.ts";

const png = Uint8Array.from({ length: 7000 }, (_, index) => (index * 37) % 256);

/** What a terminal reads: the keys of the first command and the bytes of all. */
function decode(text: string): { keys: string; bytes: Buffer; pieces: number[] } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences
  const commands = [...text.matchAll(/\x1b_G([^;]*);([^\x1b]*)\x1b\\/g)];
  const base64 = commands.map(([, , data]) => data).join("");
  return {
    keys: commands[0]?.[1] ?? "",
    bytes: Buffer.from(base64, "base64"),
    pieces: commands.map(([, keys = ""]) => Number(/m=(\d)$/.exec(keys)?.[1])),
  };
}

describe("kittyImage", () => {
  it("is one command for a small picture", () => {
    expect(kittyImage(Uint8Array.of(1, 2, 3), { columns: 8, rows: 4 })).toBe(
      "\x1b_Ga=T,f=100,q=2,c=8,r=4,m=0;AQID\x1b\\",
    );
  });

  it("sends a large one in pieces of at most 4096 characters", () => {
    const text = kittyImage(png, { columns: 8, rows: 4 });
    expect(decode(text)).toEqual({ keys: "a=T,f=100,q=2,c=8,r=4,m=1", bytes: Buffer.from(png), pieces: [1, 1, 0] });
    expect(Math.max(...text.split("\x1b\\").map((command) => command.split(";")[1]?.length ?? 0))).toBe(4096);
  });
});

describe("kittyImageInTmux", () => {
  it("sends the picture through tmux and shows it by placeholders of its colour", () => {
    const text = kittyImageInTmux(Uint8Array.of(1, 2, 3), { columns: 3, rows: 2 }, 0x010203);
    const sent = "\x1bPtmux;\x1b\x1b_Ga=T,U=1,f=100,q=2,i=66051,c=3,r=2,m=0;AQID\x1b\x1b\\\x1b\\";
    const [cell, first, second] = ["\u{10eeee}", "\u0305", "\u030d"];
    const line = (row: string) => `\x1b[38;2;1;2;3m${cell}${row}\u0305${cell}${cell}\x1b[39m`;
    expect(text).toBe(`${sent}${line(first)}\n${line(second)}`);
  });
});
