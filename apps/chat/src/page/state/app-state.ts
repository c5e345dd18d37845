/** Everything the page shows, in one store. Functions that change it are in the files beside this one. */
import type { Answerer, AnswerModel } from "../answerers/answerer.ts";
import { newId } from "../new-id.ts";
import type { Conversation } from "./conversation.ts";
import { loadSettings, type Settings } from "./settings.ts";
import { createStore } from "./store.ts";

export type AppState = {
  readonly answerers: readonly Answerer[];
  /** Which of them answers, and with which of its models. */
  readonly chosen: { readonly answererId: string; readonly model: string } | undefined;
  readonly connection: Connection;
  readonly settings: Settings;
  /** Those of the history, and new ones without a turn; by id. */
  readonly conversations: Readonly<Record<string, Conversation>>;
  /** Id of the one that is shown. */
  readonly open: string;
  readonly draft: Draft;
  /** The image that is shown large. */
  readonly lightbox: string | undefined;
  readonly isKeyAsked: boolean;
  /** A short message that goes away by itself. */
  readonly notice: string;
};

/** How things stand with the server that sent the page. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "ready" }
  | { readonly kind: "unreachable"; readonly message: string; readonly retryAt: number }
  | { readonly kind: "key-needed" };

/** What is being written. */
export type Draft = { readonly text: string; readonly images: readonly string[] };

export const EMPTY_DRAFT: Draft = { text: "", images: [] };

const first = newConversation();

export const app = createStore<AppState>({
  answerers: [],
  chosen: undefined,
  connection: { kind: "connecting" },
  settings: loadSettings(),
  conversations: { [first.id]: first },
  open: first.id,
  draft: EMPTY_DRAFT,
  lightbox: undefined,
  isKeyAsked: false,
  notice: "",
});

/** Sets some of the state. */
export function setApp(change: Partial<AppState>): void {
  app.set((state) => ({ ...state, ...change }));
}

export function setSettings(change: Partial<Settings>): void {
  app.set((state) => ({ ...state, settings: { ...state.settings, ...change } }));
}

export function newConversation(): Conversation {
  const now = Date.now();
  return { id: newId(), createdAt: now, updatedAt: now, turns: [] };
}

export function openConversation(state: AppState): Conversation {
  return state.conversations[state.open] as Conversation;
}

/** What answers, and the model it uses; undefined while there is none. */
export function chosenModel({ answerers, chosen }: AppState): { answerer: Answerer; model: AnswerModel } | undefined {
  const answerer = answerers.find(({ id }) => id === chosen?.answererId);
  const model = answerer?.models.find(({ id }) => id === chosen?.model);
  return answerer === undefined || model === undefined ? undefined : { answerer, model };
}
