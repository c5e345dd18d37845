/** Which way of showing pictures a terminal has: from what it says of itself in the environment, else by asking it. */
import { KITTY_QUERY } from "./kitty.ts";
import { queryTerminal, type TerminalStreams } from "./query-terminal.ts";

export type ImageProtocol = "kitty" | "iterm2" | "sixel" | "blocks" | "none";

/** Ways that can be asked for by name. */
export const IMAGE_PROTOCOLS = ["kitty", "iterm2", "sixel", "blocks", "none"] as const;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Asks for the primary device attributes, which every terminal answers. */
const DEVICE_ATTRIBUTES_QUERY = "\x1b[c";
/** Attribute of terminals that show sixels. */
const SIXEL_ATTRIBUTE = "4";

/** Finds the best way; "none" where nobody looks (no terminal) or colours are not wanted. */
export async function findProtocol(environment: Environment, streams: TerminalStreams): Promise<ImageProtocol> {
  const { TERM = "", NO_COLOR = "" } = environment;
  if (!streams.output.isTTY || TERM === "dumb" || NO_COLOR !== "") return "none";
  const named = protocolOfEnvironment(environment);
  if (named !== undefined) return named;
  const blocks = hasBlocks(environment) ? "blocks" : "none";
  if (!streams.input.isTTY) return blocks;
  // tmux answers for itself, and asks nothing of the terminal it runs in.
  const query = isInTmux(environment) ? DEVICE_ATTRIBUTES_QUERY : KITTY_QUERY + DEVICE_ATTRIBUTES_QUERY;
  return protocolOfAnswer(await queryTerminal(query, { ...streams, isComplete: hasDeviceAttributes })) ?? blocks;
}

/** Whether what is written goes through tmux. */
export function isInTmux({ TMUX = "" }: Environment): boolean {
  return TMUX !== "";
}

/** What terminals that set variables of their own can do. Over ssh these variables are mostly missing. */
export function protocolOfEnvironment(environment: Environment): ImageProtocol | undefined {
  const { TERM = "", TERM_PROGRAM = "", LC_TERMINAL = "", KITTY_WINDOW_ID, GHOSTTY_RESOURCES_DIR } = environment;
  if (KITTY_WINDOW_ID !== undefined || GHOSTTY_RESOURCES_DIR !== undefined) return "kitty";
  if (TERM === "xterm-kitty" || TERM === "xterm-ghostty" || TERM_PROGRAM === "ghostty") return "kitty";
  if (["iTerm.app", "WezTerm", "mintty"].includes(TERM_PROGRAM) || LC_TERMINAL === "iTerm2") return "iterm2";
  return undefined;
}

/** Whether half-blocks arrive as such: not where the locale names a character set other than UTF-8. */
function hasBlocks({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const [, charset = "UTF-8"] = /\.([^@]+)/.exec(LC_ALL || LC_CTYPE || LANG || "") ?? [];
  return /^utf-?8$/i.test(charset);
}

/** What the answers to both queries say. */
export function protocolOfAnswer(answer: string): ImageProtocol | undefined {
  if (answer.includes("\x1b_Gi=31;OK")) return "kitty";
  const [, attributes = ""] = DEVICE_ATTRIBUTES.exec(answer) ?? [];
  return attributes.split(";").slice(1).includes(SIXEL_ATTRIBUTE) ? "sixel" : undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an answer of a terminal is a control sequence
const DEVICE_ATTRIBUTES = /\x1b\[\?([\d;]*)c/;

function hasDeviceAttributes(answer: string): boolean {
  return DEVICE_ATTRIBUTES.test(answer);
}
