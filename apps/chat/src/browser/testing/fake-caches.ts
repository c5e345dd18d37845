/** A browser's Cache Storage for tests in Node: one cache, whatever its name, with room for `room` entries. */
export class FakeCaches {
  room = Number.POSITIVE_INFINITY;
  readonly #entries = new Map<string, Response>();

  get urls(): string[] {
    return [...this.#entries.keys()];
  }

  async open(): Promise<FakeCaches> {
    return this;
  }

  async put(url: string, response: Response): Promise<void> {
    if (this.#entries.size >= this.room) throw new DOMException("no room", "QuotaExceededError");
    this.#entries.set(absolute(url), response);
  }

  async match(request: string | { readonly url: string }): Promise<Response | undefined> {
    return this.#entries.get(absolute(request))?.clone();
  }

  async keys(): Promise<{ readonly url: string }[]> {
    return this.urls.map((url) => ({ url }));
  }

  /** An entry; a whole cache, by its name, stays. */
  async delete(request: string | { readonly url: string }): Promise<boolean> {
    return this.#entries.delete(absolute(request));
  }
}

/** Where the page of such tests is. */
export const PAGE = "http://localhost/";

function absolute(request: string | { readonly url: string }): string {
  return new URL(typeof request === "string" ? request : request.url, PAGE).href;
}
