/** The files of a folder that is served somewhere. */
import type { ProgressiveSource } from "./observed-files.ts";
import { readResponse } from "./read-response.ts";

export class FetchedFiles implements ProgressiveSource {
  readonly name: string;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** Answers whose body nobody has read yet, by path. */
  readonly #begun = new Map<string, Response>();

  /**
   * @param url the folder's, absolute, with or without a "/" at its end
   * @param apiKey for its server; "" for none
   */
  constructor(url: string, apiKey = "") {
    this.name = url;
    this.#base = url.endsWith("/") ? url : `${url}/`;
    this.#headers = apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` };
  }

  /**
   * Asks for the file, whose answer `read` then takes.
   * @throws Error when the server cannot be reached or answers with an error other than "not found"
   */
  async exists(path: string): Promise<boolean> {
    const response = await this.#fetch(path);
    if (response.ok) this.#begun.set(path, response);
    if (response.ok || response.status === 404 || response.status === 410) return response.ok;
    throw unreadable(response);
  }

  read(path: string): Promise<Uint8Array> {
    return this.readInPieces(path, () => undefined);
  }

  async readInPieces(path: string, onBytes: (loaded: number, size: number) => void): Promise<Uint8Array> {
    const response = this.#begun.get(path) ?? (await this.#fetch(path));
    this.#begun.delete(path);
    if (!response.ok) throw unreadable(response);
    try {
      return await readResponse(response, onBytes);
    } catch (cause) {
      throw new Error(`"${response.url}" broke off: ${(cause as Error).message}; open it again`, { cause });
    }
  }

  async #fetch(path: string): Promise<Response> {
    const url = new URL(path, this.#base);
    try {
      return await fetch(url, { headers: this.#headers, credentials: "same-origin", referrerPolicy: "no-referrer" });
    } catch (cause) {
      // A browser does not tell a page why: an absent network, a host that this page may not ask, or one that does not let it.
      const remedy =
        url.origin === location.origin
          ? "is the server running, and the network there?"
          : "the network is away, the host does not let other pages read it (CORS), or this server does not allow the host " +
            '("interfuse serve --model-host"); you can also download the folder and open it from your disk';
      throw new Error(`"${url}" cannot be reached: ${remedy}`, { cause });
    }
  }
}

function unreadable({ url, status, statusText }: Response): Error {
  return new Error(`"${url}" cannot be read: the server answered ${status} ${statusText}`);
}
