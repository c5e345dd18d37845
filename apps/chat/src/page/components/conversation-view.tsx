/** The turns of the open conversation; follows what is being made unless the user looks at something earlier. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { app, openConversation } from "../state/app-state.ts";
import { titleOf } from "../state/conversation.ts";
import { useStore } from "../state/store.ts";
import { TurnView } from "./turn.tsx";

/** Nearer to the end than this counts as at the end, in pixels. */
const END_MARGIN = 120;

export function ConversationView() {
  const conversation = useStore(app, openConversation);
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  const numTurns = conversation.turns.length;

  useLayoutEffect(() => {
    const scroller = list.current?.parentElement;
    if (scroller == null) return;
    const watch = () => {
      isAtEnd.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_MARGIN;
    };
    scroller.addEventListener("scroll", watch, { passive: true });
    return () => scroller.removeEventListener("scroll", watch);
  }, []);

  // A new turn, or another conversation, is always scrolled to.
  useLayoutEffect(() => {
    isAtEnd.current = true;
  }, [conversation.id, numTurns]);

  useLayoutEffect(() => {
    const scroller = list.current?.parentElement;
    if (scroller != null && isAtEnd.current) scroller.scrollTop = scroller.scrollHeight;
  });

  return (
    <>
      <h1 class="visually-hidden">{titleOf(conversation)}</h1>
      <ol class="turns" ref={list}>
        {conversation.turns.map((turn, index) => (
          <TurnView key={turn.id} turn={turn} conversationId={conversation.id} isLast={index === numTurns - 1} />
        ))}
      </ol>
    </>
  );
}
