/** The model that runs in this browser: opened, shown while it loads, kept, closed. One at a time. */

import { addAnswerer, removeAnswerer } from "../../page/state/answerers.ts";
import { apiKey } from "../../page/state/api-key.ts";
import { app } from "../../page/state/app-state.ts";
import { KeptText } from "../../page/state/kept-text.ts";
import { createStore } from "../../page/state/store.ts";
import { BrowserAnswerer } from "../browser-answerer.ts";
import { forgetModel, type KeptModel, listKeptModels } from "../files/kept-models.ts";
import { keepLoadedFiles, startKeepingPage } from "../offline/keep-page.ts";
import type { BrowserBackend, LoadedBrowserModel, LoadProgress, ModelPlace } from "../protocol.ts";

export type BrowserModelsState = {
  /** What computes for the next model that is opened. */
  readonly backend: BrowserBackend;
  readonly loading: { readonly name: string; readonly progress: LoadProgress } | undefined;
  /** Why the last one could not be opened; "" when it could. */
  readonly failure: string;
  readonly loaded: LoadedBrowserModel | undefined;
  /** Whether page and model open again without the network. */
  readonly isOfflineReady: boolean;
  readonly kept: readonly KeptModel[];
};

export const browserModels = createStore<BrowserModelsState>({
  backend: "auto",
  loading: undefined,
  failure: "",
  loaded: undefined,
  isOfflineReady: false,
  kept: [],
});

const set = (change: Partial<BrowserModelsState>) => browserModels.set((state) => ({ ...state, ...change }));

/** The model that answers, to be opened again with the page. */
const lastOpened = new KeptText("interfuse-browser-model", () => localStorage);

let answerer: BrowserAnswerer | undefined;
let opening: AbortController | undefined;

export function setBackend(backend: BrowserBackend): void {
  set({ backend });
}

/** Opens a model folder in the place of the one that is open, and has it answer. Never throws: the state says what happened. */
export async function openModel(place: ModelPlace, name: string): Promise<void> {
  opening?.abort();
  const controller = new AbortController();
  const { signal } = controller;
  opening = controller;
  set({ loading: { name, progress: { stage: "starting" } }, failure: "" });
  const isPageKept = await startKeepingPage();
  try {
    const { backend } = browserModels.get();
    const onProgress = (progress: LoadProgress) => set({ loading: { name, progress } });
    const opened = await BrowserAnswerer.open({ place: withKey(place), backend, signal, onProgress });
    closeModel();
    answerer = opened;
    set({ loaded: opened.info, loading: undefined });
    addAnswerer(opened, { choose: true });
    const isOfflineReady = opened.info.isKept && isPageKept && (await keepLoadedFiles());
    if (answerer === opened) set({ isOfflineReady });
  } catch (error) {
    if (!signal.aborted) set({ loading: undefined, failure: (error as Error).message });
  }
  await listKept();
}

/** Opens what a function finds, such as a dropped folder. */
export async function openFound(find: () => ModelPlace | Promise<ModelPlace>, name: string): Promise<void> {
  let place: ModelPlace;
  try {
    place = await find();
  } catch (error) {
    return set({ failure: (error as Error).message });
  }
  await openModel(place, name);
}

export function cancelOpening(): void {
  opening?.abort();
  set({ loading: undefined });
}

/** Frees the open model; the server answers again where there is one. */
export function closeModel(): void {
  if (answerer === undefined) return;
  removeAnswerer(answerer.id);
  answerer.close();
  answerer = undefined;
  set({ loaded: undefined, isOfflineReady: false });
}

/** Removes a model from the browser's store; an open one goes on until it is closed. */
export async function forget(id: string): Promise<void> {
  await forgetModel(id);
  await listKept();
}

/** Lists what is kept, and opens the model that was answering when the page was left. */
export async function restoreModel(): Promise<void> {
  const last = lastModel();
  app.subscribe((state, before) => {
    if (state.chosen !== before.chosen && answerer !== undefined) rememberChoice();
  });
  await listKept();
  set({ backend: last?.backend ?? "auto" });
  const model = browserModels.get().kept.find(({ id }) => id === last?.id);
  if (model !== undefined) await openModel({ kind: "kept", id: model.id }, model.name);
}

/** A browser whose storage is blocked keeps none. */
async function listKept(): Promise<void> {
  set({ kept: await listKeptModels().catch(() => []) });
}

function lastModel(): { readonly id: string; readonly backend: BrowserBackend } | undefined {
  const text = lastOpened.get();
  return text === undefined ? undefined : JSON.parse(text);
}

/** The open model is opened again with the page if it is the one that answers, and can be. */
function rememberChoice(): void {
  const { loaded, backend } = browserModels.get();
  const isChosen = answerer !== undefined && app.get().chosen?.answererId === answerer.id;
  if (isChosen && loaded?.isKept) lastOpened.set(JSON.stringify({ id: loaded.id, backend }));
  else lastOpened.remove();
}

/** The server's key for its own folders, and for nobody else's. */
function withKey(place: ModelPlace): ModelPlace {
  if (place.kind !== "url" || new URL(place.url).origin !== location.origin) return place;
  return { ...place, apiKey: apiKey.get() };
}
