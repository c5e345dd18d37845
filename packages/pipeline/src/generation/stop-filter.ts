/** Ends a text at the first of several stop texts, wherever the pieces it comes in are cut. */
export class StopFilter {
  readonly #stops: readonly string[];
  /** The longest end of the text so far that may begin a stop text. */
  #held = "";
  #isStopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** A stop text has come; nothing after it is shown. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The text that may be shown now that `text` has come. */
  push(text: string): string {
    if (this.#isStopped) return "";
    const all = this.#held + text;
    const ends = this.#stops.map((stop) => all.indexOf(stop)).filter((index) => index >= 0);
    this.#isStopped = ends.length > 0;
    const shown = this.#isStopped ? Math.min(...ends) : all.length - this.#numHeld(all);
    this.#held = this.#isStopped ? "" : all.slice(shown);
    return all.slice(0, shown);
  }

  /** The text held back, once it is known that no more comes. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #numHeld(all: string): number {
    const lengths = this.#stops.map((stop) => {
      let length = Math.min(stop.length - 1, all.length);
      while (length > 0 && !stop.startsWith(all.slice(all.length - length))) length--;
      return length;
    });
    return Math.max(0, ...lengths);
  }
}
