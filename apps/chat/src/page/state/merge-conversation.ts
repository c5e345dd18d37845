/** One conversation that several tabs of the page have open: what this one has changed, with what the others have stored since. */
import { type Conversation, type Turn, withoutOpenTakes } from "./conversation.ts";

/**
 * The conversation to store: turns that were changed here are as they are here, the others as they are stored, and those that only
 * other tabs know stay. It is `ours` itself where the others have changed nothing.
 * @param last.stored as it is stored now; what is open in it another tab has answered, and looks stopped here
 * @param last.known as this tab last read or stored it
 */
export function mergeConversation(
  ours: Conversation,
  { stored, known }: { stored: Conversation | undefined; known: Conversation | undefined },
): Conversation {
  if (stored === undefined) return ours;
  const unchanged = new Set(known?.turns);
  const here = new Map(ours.turns.map((turn) => [turn.id, turn]));
  const there = new Set(stored.turns.map(({ id }) => id));
  const closed = withoutOpenTakes(stored).turns;
  const merge = (turn: Turn, index: number): Turn => {
    const own = here.get(turn.id);
    const isOthers = own === undefined || (unchanged.has(own) && JSON.stringify(own) !== JSON.stringify(turn));
    return isOthers ? (closed[index] as Turn) : own;
  };
  const turns = [...stored.turns.map(merge), ...ours.turns.filter(({ id }) => !there.has(id))];
  const isOurs = turns.length === ours.turns.length && turns.every((turn, index) => turn === ours.turns[index]);
  return isOurs ? ours : { ...ours, turns };
}
