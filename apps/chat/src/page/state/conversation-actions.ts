/** What the user does with the conversation: ask, ask again, vary, choose, go back, delete. */
import { newId } from "../new-id.ts";
import { app, chosenModel, EMPTY_DRAFT, newConversation, openConversation, setApp, setSettings } from "./app-state.ts";
import { changeConversation, changeTake, changeTurn, type TakePlace } from "./change-conversation.ts";
import { type Asked, type Conversation, isOpen, type Take, type Turn } from "./conversation.ts";
import { removeFromHistory, saveImage } from "./history.ts";
import { getImage, IMAGE_GONE, peekImage, putImage } from "./images.ts";
import { runTake, stopTake } from "./run-take.ts";
import { NUM_SEEDS, randomSeed, type Settings, usesMemory } from "./settings.ts";

/** Takes that "variations" adds. */
const NUM_VARIATIONS = 4;

/** Sends the draft, or what is given instead. Does nothing while nothing can answer or there is nothing to send. */
export function send(draft = app.get().draft): void {
  const state = app.get();
  const text = draft.text.trim();
  if (chosenModel(state) === undefined || (text === "" && draft.images.length === 0)) return;
  const takes = newTakes(state.settings);
  const conversation = openConversation(state);
  const images = draft.images.map((id) => keepImage(id, conversation.id));
  const turn: Turn = { id: newId(), text, images, takes, selected: takes[0]?.id ?? "" };
  changeConversation(conversation.id, (last) => ({ ...last, turns: [...last.turns, turn] }));
  setApp({ draft: EMPTY_DRAFT });
  for (const { id } of takes) void runTake({ conversation: conversation.id, turn: turn.id, take: id });
}

/** One more take with the settings of the panel; a locked seed gives the same once more. */
export function reroll(conversation: string, turn: string): void {
  if (!canAnswer()) return;
  addTakes(conversation, turn, [newTake(app.get().settings, { seed: nextSeed(app.get().settings) })]);
}

/** Several more takes with seeds that follow the take's. */
export function vary(conversation: string, turn: string, { asked }: Take): void {
  if (!canAnswer()) return;
  const seeds = Array.from({ length: NUM_VARIATIONS }, (_, index) => (asked.seed + index + 1) % NUM_SEEDS);
  addTakes(
    conversation,
    turn,
    seeds.map((seed) => ({ ...newTake(app.get().settings, { seed }), asked: { ...asked, seed } })),
  );
}

/** Whether something can answer; if not, says so. */
function canAnswer(): boolean {
  if (chosenModel(app.get()) !== undefined) return true;
  setApp({ notice: "Nothing can answer now: the server is away, and no model is open in this browser." });
  return false;
}

/** Asks once more for what failed or was stopped, with what answers now. */
export function retry(place: TakePlace, change: Partial<Pick<Asked, "hasMemory">> = {}): void {
  const { answererId, model } = app.get().chosen ?? {};
  changeTake(place, (take) => ({
    ...take,
    asked: {
      ...take.asked,
      answererId: answererId ?? take.asked.answererId,
      model: model ?? take.asked.model,
      ...change,
    },
  }));
  void runTake(place);
}

/** The conversation goes on from this take. */
export function selectTake({ conversation, turn, take }: TakePlace): void {
  changeTurn(conversation, turn, (last) => ({ ...last, selected: take }));
}

/** Takes a take away; the last one of a turn stays. */
export function removeTake({ conversation, turn, take }: TakePlace): void {
  stopTake(take);
  changeTurn(conversation, turn, (last) => {
    const takes = last.takes.filter(({ id }) => id !== take);
    if (takes.length === 0) return last;
    return { ...last, takes, selected: last.selected === take ? (takes.at(-1)?.id ?? "") : last.selected };
  });
}

/** Locks the seed of a take, so that what is asked next differs in nothing else. */
export function lockSeed(seed: number): void {
  setSettings({ seed, isSeedLocked: true });
}

/** Opens a conversation without turns. */
export function startConversation(): void {
  const fresh = newConversation();
  app.set((state) => {
    const conversations = Object.values(state.conversations).filter(({ turns }) => turns.length > 0);
    return {
      ...state,
      conversations: Object.fromEntries([...conversations, fresh].map((each) => [each.id, each])),
      open: fresh.id,
      draft: EMPTY_DRAFT,
    };
  });
}

/** Deletes a conversation for good, with its images. */
export async function deleteConversation(conversation: Conversation): Promise<void> {
  for (const { takes } of conversation.turns) for (const take of takes.filter(isOpen)) stopTake(take.id);
  if (app.get().open === conversation.id) startConversation();
  app.set((state) => {
    const { [conversation.id]: _, ...conversations } = state.conversations;
    return { ...state, conversations };
  });
  await removeFromHistory(conversation);
}

/** Adds a picture to the draft. */
export function attach(blob: Blob): void {
  const { id: conversationId } = openConversation(app.get());
  const image = { id: newId(), conversationId, blob, frames: [] };
  putImage(image);
  app.set((state) => ({ ...state, draft: { ...state.draft, images: [...state.draft.images, image.id] } }));
}

/** Adds a picture of the conversation to the draft, to ask about it or to have it changed. */
export async function attachImage(id: string): Promise<void> {
  const image = await getImage(id);
  if (image?.blob === undefined) setApp({ notice: IMAGE_GONE });
  else attach(image.blob);
}

export function detach(id: string): void {
  app.set((state) => ({
    ...state,
    draft: { ...state.draft, images: state.draft.images.filter((each) => each !== id) },
  }));
}

/** Writes an image of the draft to the history, a copy of it where it belongs to another conversation. @returns its id there */
function keepImage(id: string, conversationId: string): string {
  const image = peekImage(id);
  if (image?.blob === undefined) return id;
  const isOwn = image.conversationId === conversationId;
  const kept = { ...image, id: isOwn ? id : newId(), conversationId, blob: image.blob };
  putImage(kept);
  void saveImage(kept);
  return kept.id;
}

function addTakes(conversation: string, turn: string, takes: readonly Take[]): void {
  changeTurn(conversation, turn, (last) => ({
    ...last,
    takes: [...last.takes, ...takes],
    selected: takes[0]?.id ?? last.selected,
  }));
  for (const { id } of takes) void runTake({ conversation, turn, take: id });
}

/** The takes of a new turn: one, or two whose settings are compared. */
function newTakes(settings: Settings): Take[] {
  const seed = nextSeed(settings);
  if (!settings.isComparing) return [newTake(settings, { seed })];
  const b = { ...settings, ...settings.compared };
  return [newTake(settings, { seed, label: "A" }), newTake(b, { seed, label: "B" })];
}

function newTake(settings: Settings, { seed, label = "" }: { seed: number; label?: string }): Take {
  const { answerer, model } = chosenModel(app.get()) as NonNullable<ReturnType<typeof chosenModel>>;
  return {
    id: newId(),
    label,
    status: { kind: "asked" },
    parts: [],
    asked: {
      answererId: answerer.id,
      model: model.id,
      seed,
      steps: settings.steps ?? model.steps,
      guidanceScale: settings.guidanceScale ?? model.guidanceScale,
      temperature: settings.temperature,
      answerWith: settings.answerWith,
      hasMemory: usesMemory(settings, model),
    },
  };
}

/** The locked seed, or a new one, which the panel then shows. */
function nextSeed({ isSeedLocked, seed }: Settings): number {
  if (isSeedLocked) return seed;
  const next = randomSeed();
  setSettings({ seed: next });
  return next;
}
