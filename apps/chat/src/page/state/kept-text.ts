/** A short text that the browser keeps for this page. Where it keeps nothing (blocked, or full), the text lasts as long as the page. */
export class KeptText {
  readonly #key: string;
  readonly #storage: () => Storage;
  /** What the browser did not take. */
  #unkept: string | undefined;

  /** @param storage which it is in; asking for it throws where it is blocked */
  constructor(key: string, storage: () => Storage) {
    this.#key = key;
    this.#storage = storage;
  }

  get(): string | undefined {
    try {
      return this.#unkept ?? this.#storage().getItem(this.#key) ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** @returns whether the browser keeps it */
  set(text: string): boolean {
    try {
      this.#storage().setItem(this.#key, text);
      this.#unkept = undefined;
      return true;
    } catch {
      this.#unkept = text;
      return false;
    }
  }

  remove(): void {
    this.#unkept = undefined;
    try {
      this.#storage().removeItem(this.#key);
    } catch {
      // A storage that is blocked keeps nothing.
    }
  }
}
