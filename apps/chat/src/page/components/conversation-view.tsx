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
    const turns = list.current;
    const scroller = turns?.parentElement;
    if (turns == null || scroller == null) return;
    const watch = () => {
      isAtEnd.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_MARGIN;
    };
    // Answers grow, and what stands below the conversation does too.
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) scroller.scrollTop = scroller.scrollHeight;
    });
    observer.observe(turns);
    observer.observe(scroller);
    scroller.addEventListener("scroll", watch, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener("scroll", watch);
    };
  }, []);

  // A new turn, or another conversation, is always scrolled to.
  useLayoutEffect(() => {
    const scroller = list.current?.parentElement;
    if (scroller == null) return;
    isAtEnd.current = true;
    scroller.scrollTop = scroller.scrollHeight;
  }, [conversation.id, numTurns]);

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
