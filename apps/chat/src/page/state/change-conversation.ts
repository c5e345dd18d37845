/** Changes of one conversation, turn or take in the store. */
import { app } from "./app-state.ts";
import type { Conversation, Take, Turn } from "./conversation.ts";

/** Where a take is. */
export type TakePlace = { readonly conversation: string; readonly turn: string; readonly take: string };

/** Does nothing when the conversation is gone. */
export function changeConversation(id: string, change: (conversation: Conversation) => Conversation): void {
  app.set((state) => {
    const last = state.conversations[id];
    if (last === undefined) return state;
    const next = { ...change(last), updatedAt: Date.now() };
    return { ...state, conversations: { ...state.conversations, [id]: next } };
  });
}

export function changeTurn(conversation: string, turn: string, change: (turn: Turn) => Turn): void {
  changeConversation(conversation, (last) => ({
    ...last,
    turns: last.turns.map((each) => (each.id === turn ? change(each) : each)),
  }));
}

export function changeTake({ conversation, turn, take }: TakePlace, change: (take: Take) => Take): void {
  changeTurn(conversation, turn, (last) => ({
    ...last,
    takes: last.takes.map((each) => (each.id === take ? change(each) : each)),
  }));
}
