/**
 * Model folders kept in the browser (Cache Storage), so that they open again without the network or a folder at hand. A model
 * that is kept whole has its `about.json`, which is written last.
 */
import type { ProgressiveSource } from "./observed-files.ts";
import { readResponse } from "./read-response.ts";

/** What is kept about a model. */
export type KeptModel = { readonly id: string; readonly name: string; readonly numBytes: number };

const CACHE = "interfuse-models";
/** Nothing is ever asked of a server under it: Cache Storage wants URLs for keys. */
const BASE = "/kept-models/";
const ABOUT = "about.json";

const urlOf = (id: string, path: string) => `${BASE}${encodeURIComponent(id)}/${path}`;

/** Whether the browser lets this page keep anything: only https pages and localhost may. */
function canKeepModels(): boolean {
  return "caches" in globalThis;
}

/** Every model that is kept, by name. */
export async function listKeptModels(): Promise<KeptModel[]> {
  if (!canKeepModels()) return [];
  const cache = await caches.open(CACHE);
  const keys = (await cache.keys()).filter(({ url }) => url.endsWith(`/${ABOUT}`));
  const responses = await Promise.all(keys.map((key) => cache.match(key)));
  const models = await Promise.all(responses.map((response) => response?.json() as Promise<KeptModel>));
  return models.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Forgets a model; nothing happens when it is not kept. */
export async function forgetModel(id: string): Promise<void> {
  if (!canKeepModels()) return;
  const cache = await caches.open(CACHE);
  const keys = await cache.keys();
  const start = new URL(urlOf(id, ""), location.origin).href;
  await Promise.all(keys.filter(({ url }) => url.startsWith(start)).map((key) => cache.delete(key)));
}

/** Keeps one model, file by file. From its first file until it is finished the model is not listed: what was kept of it before may differ. */
export class ModelKeeper {
  readonly #id: string;
  #failure: string | undefined;

  constructor(id: string) {
    this.#id = id;
    if (!canKeepModels()) this.#failure = "browsers keep files for https pages and localhost only";
  }

  /** Why the model cannot be kept, such as a full disk; undefined while it can. */
  get failure(): string | undefined {
    return this.#failure;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#change(async (cache) => {
      await cache.delete(urlOf(this.#id, ABOUT));
      await cache.put(urlOf(this.#id, path), new Response(bytes as Uint8Array<ArrayBuffer>));
    });
  }

  /** Says that the model is whole. */
  async finish(about: Omit<KeptModel, "id">): Promise<void> {
    const body = JSON.stringify({ id: this.#id, ...about });
    await this.#change((cache) => cache.put(urlOf(this.#id, ABOUT), new Response(body)));
  }

  /** A full disk must not keep a model from being used; what was kept of it goes. */
  async #change(change: (cache: Cache) => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await change(await caches.open(CACHE));
    } catch (error) {
      this.#failure = `the browser has no room for it (${(error as Error).message})`;
      await forgetModel(this.#id).catch(() => undefined);
    }
  }
}

/** The files of a kept model. */
export class KeptFiles implements ProgressiveSource {
  readonly name: string;
  readonly #id: string;

  constructor({ id, name }: KeptModel) {
    this.#id = id;
    this.name = name;
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#match(path)) !== undefined;
  }

  read(path: string): Promise<Uint8Array> {
    return this.readInPieces(path, () => undefined);
  }

  async readInPieces(path: string, onBytes: (loaded: number, size: number) => void): Promise<Uint8Array> {
    const response = await this.#match(path);
    if (response === undefined)
      throw new Error(`read: "${path}" of "${this.name}" is no longer kept; open the model again`);
    return readResponse(response, onBytes);
  }

  async #match(path: string): Promise<Response | undefined> {
    const cache = await caches.open(CACHE);
    return cache.match(urlOf(this.#id, path));
  }
}

/** @throws Error when the model is not kept, or not whole */
export async function keptModel(id: string): Promise<KeptModel> {
  const found = (await listKeptModels()).find((model) => model.id === id);
  if (found === undefined)
    throw new Error(`model "${id}" is no longer kept in this browser; open its folder or URL again`);
  return found;
}
