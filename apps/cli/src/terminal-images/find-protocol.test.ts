import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { findProtocol, protocolOfAnswer, protocolOfEnvironment } from "./find-protocol.ts";
import type { TerminalStreams } from "./query-terminal.ts";
import { TerminalPictures } from "./terminal-pictures.ts";

/** A terminal that gives an answer to whatever it is asked. */
class FakeTerminal extends EventEmitter {
  readonly isTTY = true;
  readonly columns = 20;
  isRaw = false;
  readonly calls: string[] = [];
  readonly #answer: string;

  constructor(answer: string) {
    super();
    this.#answer = answer;
  }

  setRawMode(mode: boolean): this {
    this.calls.push(mode ? "raw" : "cooked");
    return this;
  }

  resume(): this {
    return this;
  }

  pause(): this {
    this.calls.push("pause");
    return this;
  }

  write(text: string): boolean {
    this.calls.push(text);
    // In pieces, as terminals may.
    for (const piece of this.#answer.match(/.{1,5}/gs) ?? [])
      queueMicrotask(() => this.emit("data", Buffer.from(piece)));
    return true;
  }

  get streams(): TerminalStreams & { output: { columns: number } } {
    return { input: this, output: this } as unknown as TerminalStreams & { output: { columns: number } };
  }
}

const KITTY = "\x1b_Gi=31;OK\x1b\\\x1b[?62;c";

describe("protocolOfEnvironment", () => {
  it.each([
    [{ KITTY_WINDOW_ID: "1" }, "kitty"],
    [{ TERM: "xterm-ghostty" }, "kitty"],
    [{ TERM_PROGRAM: "iTerm.app" }, "iterm2"],
    [{ LC_TERMINAL: "iTerm2" }, "iterm2"],
    [{ TERM_PROGRAM: "WezTerm" }, "iterm2"],
    [{ TERM: "xterm-256color" }, undefined],
  ])("%o", (environment, protocol) => expect(protocolOfEnvironment(environment)).toBe(protocol));
});

describe("protocolOfAnswer", () => {
  it.each([
    [KITTY, "kitty"],
    ["\x1b[?62;4;22c", "sixel"],
    ["\x1b[?4;6c", undefined], // 4 is the kind of terminal here, a VT132, not an attribute
    ["\x1b[?62;22;14c", undefined],
    ["", undefined],
  ])("%j", (answer, protocol) => expect(protocolOfAnswer(answer)).toBe(protocol));
});

describe("findProtocol", () => {
  it.each([
    [{ LC_ALL: "de_DE.ISO-8859-1@euro" }, "none"],
    [{ LC_ALL: "", LC_CTYPE: "ru_RU.KOI8-R", LANG: "ru_RU.UTF-8" }, "none"],
    [{ LC_ALL: "C.utf8", LANG: "en_US.ISO-8859-1" }, "blocks"],
    [{ LANG: "sr_RS@latin" }, "blocks"],
    [{ LANG: "C" }, "blocks"],
  ])("shows half-blocks unless the locale cannot hold them: %o", async (environment, protocol) => {
    expect(await findProtocol(environment, new FakeTerminal("\x1b[?62;c").streams)).toBe(protocol);
  });

  it("asks a terminal of which nothing is known, and leaves it as it was", async () => {
    const terminal = new FakeTerminal(KITTY);
    expect(await findProtocol({ TERM: "xterm-256color" }, terminal.streams)).toBe("kitty");
    expect(terminal.calls).toEqual(["raw", expect.stringMatching(/_Gi=31.*\[c$/s), "cooked", "pause"]);
    expect(terminal.listenerCount("data")).toBe(0);
  });

  it("asks tmux only for what it can show itself", async () => {
    const terminal = new FakeTerminal("\x1b[?1;2;4c");
    expect(await findProtocol({ TMUX: "/tmp/x", TERM: "tmux-256color" }, terminal.streams)).toBe("sixel");
    expect(terminal.calls[1]).toBe("\x1b[c");
  });

  it("takes half-blocks when nothing is answered", async () => {
    expect(await findProtocol({}, new FakeTerminal("").streams)).toBe("blocks");
  });

  it("shows nothing where nobody looks", async () => {
    const { streams } = new FakeTerminal(KITTY);
    const piped = { ...streams, output: { ...streams.output, isTTY: false } } as TerminalStreams;
    expect(await findProtocol({ KITTY_WINDOW_ID: "1" }, piped)).toBe("none");
    expect(await findProtocol({ TERM: "dumb" }, streams)).toBe("none");
    expect(await findProtocol({ NO_COLOR: "1" }, streams)).toBe("none");
  });
});

describe("TerminalPictures", () => {
  const picture = { width: 4, height: 4, data: new Uint8Array(48).fill(9) };
  const textOf = async (images: TerminalPictures["protocol"], environment = {}) => {
    const { streams } = new FakeTerminal("");
    const text = await (await TerminalPictures.open({ images, environment, streams })).text(picture);
    return text.replaceAll("\x1b", "ESC ");
  };

  it("writes each protocol, at the terminal's width", async () => {
    expect(await textOf("none")).toBe("");
    expect(await textOf("kitty")).toMatch(/^ESC _Ga=T,f=100,q=2,c=20,r=10,m=0;iVBOR/);
    expect(await textOf("iterm2")).toMatch(/^ESC \]1337;File=inline=1;size=\d+;width=20;/);
    expect(await textOf("sixel")).toMatch(/^ESC P0;1;0q"1;1;200;200#0;2;4;4;4#0!200~-/);
    expect((await textOf("blocks")).split("\n")).toHaveLength(3);
  });

  it("goes through tmux where tmux would swallow it", async () => {
    const environment = { TMUX: "/tmp/x" };
    expect(await textOf("iterm2", environment)).toMatch(/^ESC Ptmux;ESC ESC \]1337/);
    expect((await textOf("kitty", environment)).split("\u{10eeee}")).toHaveLength(20 * 10 + 1);
    expect(await textOf("sixel", environment)).toMatch(/^ESC P0;1;0q/);
  });
});
