/** Hands a sequence through tmux to the terminal it runs in; tmux must be told `set -g allow-passthrough on`. */
export function throughTmux(sequence: string): string {
  return `\x1bPtmux;${sequence.replaceAll("\x1b", "\x1b\x1b")}\x1b\\`;
}
